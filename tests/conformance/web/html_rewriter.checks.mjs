// SPDX-License-Identifier: Apache-2.0
// HTMLRewriter: documents, what handlers do to them, and what comes out.
import { equal, ok, rejects, same, throws } from "../check.js";

let seen = [];
const log = (...values) => seen.push(values.join("|"));

function toStream(chunks) {
  const left = [...chunks];
  return new ReadableStream({
    pull(controller) {
      const next = left.shift();
      if (next === undefined) controller.close();
      else controller.enqueue(typeof next === "string" ? new TextEncoder().encode(next) : next);
    },
  });
}
const html = (body) => new Response(Array.isArray(body) ? toStream(body) : body, { headers: { "content-type": "text/html" } });

// Each: a document (in chunks, where it is a list), the rewriter, what comes out and what the handlers have seen.
const cases = {
  "a document without handlers goes through as it is": {
    html: "<!DOCTYPE html><p a=1 B='2' c>x &amp; y</p><br><br/><!-- c -->",
    build: (rewriter) => rewriter,
    text: "<!DOCTYPE html><p a=1 B='2' c>x &amp; y</p><br><br/><!-- c -->",
    log: [],
  },
  "elements show and change their attributes": {
    html: "<div><p class='a b' id=x>hi</p></div>",
    build: (rewriter) => rewriter.on("p",{element(e){log(e.tagName,e.getAttribute("class"),e.getAttribute("ID"),e.getAttribute("nope"),e.hasAttribute("id"),e.namespaceURI,e.removed,JSON.stringify([...e.attributes])); e.setAttribute("class",'q"<>&'); e.setAttribute("New","v"); e.removeAttribute("id");}}),
    text: "<div><p class=\"q&quot;<>&\" new=\"v\">hi</p></div>",
    log: ["p|a b|x||true|http://www.w3.org/1999/xhtml|false|[[\"class\",\"a b\"],[\"id\",\"x\"]]"],
  },
  "an element is renamed with its end tag": {
    html: "<div a='1'   b=2>t</div>",
    build: (rewriter) => rewriter.on("div",{element(e){e.tagName="span";}}),
    text: "<span a='1' b=2>t</span>",
    log: [],
  },
  "void and self-closing elements": {
    html: "<br/><img src=x /><svg><path d=1 /></svg>",
    build: (rewriter) => rewriter.on("*",{element(e){e.setAttribute("z","1");log(e.tagName,e.namespaceURI)}}),
    text: "<br z=\"1\" /><img src=x z=\"1\" /><svg z=\"1\"><path d=1 z=\"1\" /></svg>",
    log: ["br|http://www.w3.org/1999/xhtml", "img|http://www.w3.org/1999/xhtml", "svg|http://www.w3.org/2000/svg", "path|http://www.w3.org/2000/svg"],
  },
  "content before, after, at the beginning and at the end of an element": {
    html: "<div>in</div>",
    build: (rewriter) => rewriter.on("div",{element(e){e.before("<b1>");e.before("b2",{html:true});e.after("a1");e.after("a2");e.prepend("p1");e.prepend("p2");e.append("q1");e.append("q2");}}),
    text: "&lt;b1&gt;b2<div>p2p1inq1q2</div>a2a1",
    log: [],
  },
  "setInnerContent replaces what is within": {
    html: "<div>in<b>x</b></div>",
    build: (rewriter) => rewriter.on("div",{element(e){e.prepend("p");e.setInnerContent("<i>",{html:false});e.append("q");e.prepend("r")}}),
    text: "<div>r&lt;i&gt;q</div>",
    log: [],
  },
  "replace takes an element's place": {
    html: "1<div>in<b>x</b></div>2",
    build: (rewriter) => rewriter.on("div",{element(e){e.before("B");e.after("A");e.prepend("P");e.append("Q");e.replace("<R>",{html:true});log(e.removed)}}),
    text: "1B<R>A2",
    log: ["true"],
  },
  "handlers run within what is replaced": {
    html: "1<div>in<b>x</b></div>2",
    build: (rewriter) => rewriter.on("div",{element(e){e.replace("R");e.replace("S")}}).on("b",{element(e){log("b seen")}, text(t){log("text",t.text,t.lastInTextNode)}}),
    text: "1S2",
    log: ["b seen", "text|x|false", "text||true"],
  },
  "remove takes an element away with its content": {
    html: "1<div>in<b>x</b></div>2",
    build: (rewriter) => rewriter.on("div",{element(e){e.remove(); e.after("A")}}).on("b",{element(e){log("b in removed");e.before("Z")}}),
    text: "1A2",
    log: ["b in removed"],
  },
  "removeAndKeepContent takes the tags away": {
    html: "1<div>in<b>x</b></div>2",
    build: (rewriter) => rewriter.on("div",{element(e){e.removeAndKeepContent();log(e.removed);e.append("Q");e.after("A")}}),
    text: "1in<b>x</b>QA2",
    log: ["true"],
  },
  "a void element has no content and no end tag": {
    html: "<p><img>t</p>",
    build: (rewriter) => rewriter.on("img",{element(e){e.before("B");e.after("A");e.prepend("P");e.append("Q");e.setInnerContent("I"); try{e.onEndTag(()=>{})}catch(x){log(x.name,x.message)}}}),
    text: "<p>B<img>At</p>",
    log: ["TypeError|Parser error: No end tag."],
  },
  "a void element is replaced": {
    html: "<p><img>t</p>",
    build: (rewriter) => rewriter.on("img",{element(e){e.replace("R");}}),
    text: "<p>Rt</p>",
    log: [],
  },
  "a void element is removed": {
    html: "<p><img>t</p>",
    build: (rewriter) => rewriter.on("img",{element(e){e.remove();e.after("x")}}),
    text: "<p>xt</p>",
    log: [],
  },
  "onEndTag changes the end tag": {
    html: "<div>x</div>y",
    build: (rewriter) => rewriter.on("div",{element(e){e.onEndTag(t=>{log("end",t.name);t.before("B");t.after("A");t.name="span"});e.append("Q");e.after("AA")}}),
    text: "<div>xQB</span>AAAy",
    log: ["end|div"],
  },
  "the last onEndTag handler counts": {
    html: "<div>x</div>y",
    build: (rewriter) => rewriter.on("div",{element(e){e.onEndTag(t=>{log("1");t.before("1")});e.onEndTag(t=>{log("2");t.before("2")})}}),
    text: "<div>x2</div>y",
    log: ["2"],
  },
  "an end tag is removed": {
    html: "<div>x</div>y",
    build: (rewriter) => rewriter.on("div",{element(e){e.onEndTag(t=>{t.remove()})}}),
    text: "<div>xy",
    log: [],
  },
  "elements that are closed by another's end tag": {
    html: "<div><p>one<p>two</div>z",
    build: (rewriter) => rewriter.on("p",{element(e){e.append("Q"+(e.n=1));e.after("A");e.onEndTag(t=>log("end",t.name))}}),
    text: "<div><p>one<p>twoQ1Q1</div>AAz",
    log: ["end|div", "end|div"],
  },
  "elements that are never closed": {
    html: "<div><p>one",
    build: (rewriter) => rewriter.on("p",{element(e){e.append("Q");e.after("A");e.onEndTag(t=>log("end",t.name))}}),
    text: "<div><p>one",
    log: [],
  },
  "end tags of nothing": {
    html: "</p>x</div></",
    build: (rewriter) => rewriter.on("*",{element(e){log(e.tagName)}}),
    text: "</p>x</div></",
    log: [],
  },
  "texts come in chunks, the last of which says so": {
    html: "<p>hello <b>big</b> world &lt;</p>tail",
    build: (rewriter) => rewriter.on("p",{text(t){log("["+t.text+"]",t.lastInTextNode,t.removed); }}),
    text: "<p>hello <b>big</b> world &lt;</p>tail",
    log: ["[hello ]|false|false", "[]|true|false", "[big]|false|false", "[]|true|false", "[ world &lt;]|false|false", "[]|true|false"],
  },
  "texts are replaced": {
    html: "<p>hello</p>",
    build: (rewriter) => rewriter.on("p",{text(t){ if(!t.lastInTextNode) t.replace("<X>"); else {t.before("e");t.after("f")} }}),
    text: "<p>&lt;X&gt;ef</p>",
    log: [],
  },
  "texts are removed": {
    html: "<p>hello<b>i</b></p>",
    build: (rewriter) => rewriter.on("p",{text(t){ t.remove() }}),
    text: "<p><b></b></p>",
    log: [],
  },
  "comments are changed": {
    html: "<p><!-- a --><!--b-->",
    build: (rewriter) => rewriter.on("p",{comments(c){log(c.text,c.removed);c.text="new";c.before("<");c.after(">",{html:true})}}),
    text: "<p>&lt;<!--new-->>&lt;<!--new-->>",
    log: [" a |false", "b|false"],
  },
  "all that counts as a comment": {
    html: "<!--a--><!b><?c?></ d><!-->x<!--->y<!--z--!>w",
    build: (rewriter) => rewriter.onDocument({comments(c){log("c",c.text)}}),
    text: "<!--a--><!b><?c?></ d><!-->x<!--->y<!--z--!>w",
    log: ["c|a", "c|b", "c|?c?", "c| d", "c|", "c|", "c|z"],
  },
  "comments are replaced and removed": {
    html: "<!--a--><!--b-->",
    build: (rewriter) => rewriter.onDocument({comments(c){c.text=="a"?c.replace("<r>"):c.remove()}}),
    text: "&lt;r&gt;",
    log: [],
  },
  "a comment cannot be made to end early": {
    html: "<!--a-->",
    build: (rewriter) => rewriter.onDocument({comments(c){try{c.text="x-->y"}catch(e){log(e.name,e.message)}}}),
    text: "<!--a-->",
    log: ["TypeError|Parser error: Comment text shouldn't contain a comment-closing sequence."],
  },
  "the doctype": {
    html: "<!DOCTYPE html>",
    build: (rewriter) => rewriter.onDocument({doctype(d){log(d.name,d.publicId,d.systemId)}}),
    text: "<!DOCTYPE html>",
    log: ["html||"],
  },
  "the doctype with a public identifier": {
    html: '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN" "http://www.w3.org/TR/html4/strict.dtd">',
    build: (rewriter) => rewriter.onDocument({doctype(d){log(d.name,d.publicId,d.systemId)}}),
    text: "<!DOCTYPE HTML PUBLIC \"-//W3C//DTD HTML 4.01//EN\" \"http://www.w3.org/TR/html4/strict.dtd\">",
    log: ["html|-//W3C//DTD HTML 4.01//EN|http://www.w3.org/TR/html4/strict.dtd"],
  },
  "the doctype with a system identifier, or with nothing": {
    html: '<!doctype x SYSTEM \'about:legacy\'><!doctype>',
    build: (rewriter) => rewriter.onDocument({doctype(d){log(d.name,d.publicId,d.systemId)}}),
    text: "<!doctype x SYSTEM 'about:legacy'><!doctype>",
    log: ["x||about:legacy", "||"],
  },
  "content at the end of the document": {
    html: "x<p>y",
    build: (rewriter) => rewriter.onDocument({end(e){e.append("<1>");e.append("<2>",{html:true})}}),
    text: "x<p>y&lt;1&gt;<2>",
    log: [],
  },
  "the order of handlers": {
    html: "<p>t</p>",
    build: (rewriter) => rewriter.on("p",{element(){log("p1")},text(){log("pt")}}).onDocument({text(){log("dt")}}).on("*",{element(){log("*2")},text(){log("*t")}}).on("p",{element(){log("p3")}}),
    text: "<p>t</p>",
    log: ["p1", "*2", "p3", "pt", "*t", "dt", "pt", "*t", "dt"],
  },
  "a script is text": {
    html: "<script>if (a<b) '</p>' <!-- x --></script><p>q",
    build: (rewriter) => rewriter.on("*",{element(e){log(e.tagName)},text(t){log("["+t.text+"]")}}),
    text: "<script>if (a<b) '</p>' <!-- x --></script><p>q",
    log: ["script", "[if (a<b) '</p>' <!-- x -->]", "[]", "p", "[q]", "[]"],
  },
  "scripts in comments of scripts": {
    html: "<script><!-- <script> </script> --></script><p>",
    build: (rewriter) => rewriter.on("*",{element(e){log(e.tagName)}}),
    text: "<script><!-- <script> </script> --></script><p>",
    log: ["script", "p"],
  },
  "elements whose content is text": {
    html: "<style><p></style><title><b></title><textarea><i></TEXTAREA><noscript><u></noscript><iframe><s></iframe><xmp><a></xmp><plaintext><q>",
    build: (rewriter) => rewriter.on("*",{element(e){log(e.tagName)}}),
    text: "<style><p></style><title><b></title><textarea><i></TEXTAREA><noscript><u></noscript><iframe><s></iframe><xmp><a></xmp><plaintext><q>",
    log: ["style", "title", "textarea", "noscript", "iframe", "xmp", "plaintext"],
  },
  "SVG and MathML": {
    html: "<svg><style><p></style><foreignObject><div><title><b></b></title></div></foreignObject><![CDATA[<x>]]></svg><math><mi><p/></mi></math>",
    build: (rewriter) => rewriter.on("*",{element(e){log(e.tagName,e.namespaceURI)},text(t){if(t.text)log("["+t.text+"]")}}),
    text: "<svg><style><p></style><foreignObject><div><title><b></b></title></div></foreignObject><![CDATA[<x>]]></svg><math><mi><p/></mi></math>",
    log: ["svg|http://www.w3.org/2000/svg", "style|http://www.w3.org/2000/svg", "p|http://www.w3.org/1999/xhtml", "foreignobject|http://www.w3.org/2000/svg", "div|http://www.w3.org/1999/xhtml", "title|http://www.w3.org/1999/xhtml", "[<b></b>]", "[<![CDATA[<x>]]>]", "math|http://www.w3.org/1998/Math/MathML", "mi|http://www.w3.org/1998/Math/MathML", "p|http://www.w3.org/1999/xhtml"],
  },
  "HTML elements end SVG": {
    html: "<svg><g><p>x</p></g></svg>",
    build: (rewriter) => rewriter.on("*",{element(e){log(e.tagName,e.namespaceURI)}}),
    text: "<svg><g><p>x</p></g></svg>",
    log: ["svg|http://www.w3.org/2000/svg", "g|http://www.w3.org/2000/svg", "p|http://www.w3.org/1999/xhtml"],
  },
  "attributes that occur twice": {
    html: "<p a=1 A=2 a=3>",
    build: (rewriter) => rewriter.on("p",{element(e){log(JSON.stringify([...e.attributes]),e.getAttribute("a"));e.setAttribute("A","9")}}),
    text: "<p a=\"9\" A=2 a=3>",
    log: ["[[\"a\",\"1\"],[\"a\",\"2\"],[\"a\",\"3\"]]|1"],
  },
  "attributes of odd forms": {
    html: "<p =x y= z a/b c='d'e>",
    build: (rewriter) => rewriter.on("p",{element(e){log(JSON.stringify([...e.attributes]));}}),
    text: "<p =x y= z a/b c='d'e>",
    log: ["[[\"=x\",\"\"],[\"y\",\"z\"],[\"a\",\"\"],[\"b\",\"\"],[\"c\",\"d\"],[\"e\",\"\"]]"],
  },
  "references in attributes stay what they are": {
    html: "<p a='x&amp;y'>",
    build: (rewriter) => rewriter.on("p",{element(e){log(e.getAttribute("a"));}}).on("[a='x&amp;y']",{element(){log("sel raw")}}),
    text: "<p a='x&amp;y'>",
    log: ["x&amp;y", "sel raw"],
  },
  "names in capital letters": {
    html: "<DIV Class=X>t</DIV>",
    build: (rewriter) => rewriter.on("div",{element(e){log(e.tagName);e.setAttribute("q","1")}}),
    text: "<DIV Class=X q=\"1\">t</DIV>",
    log: ["div"],
  },
  "tokens that are split over chunks": {
    html: ["<p cla","ss=a>he","llo w","orld</","p><!-","- x -","->"],
    build: (rewriter) => rewriter.on("p.a",{element(e){log("el")},text(t){log("["+t.text+"]",t.lastInTextNode)}}).onDocument({comments(c){log(c.text)}}),
    text: "<p class=a>hello world</p><!-- x -->",
    log: ["el", "[he]|false", "[llo w]|false", "[orld]|false", "[]|true", " x "],
  },
  "characters that are split over chunks": {
    html: [new Uint8Array([0x3c, 0x70, 0x3e, 0x61, 0xc3]), new Uint8Array([0xa9, 0xe2, 0x82]), new Uint8Array([0xac, 0x62]), "</p>"],
    build: (rewriter) => rewriter.on("p", { text(t) { if (t.text !== "") log(t.text); } }),
    text: "<p>a\u00e9\u20acb</p>",
    log: ["a", "\u00e9", "\u20acb"],
  },
  "characters beyond ASCII": {
    html: "<p title='é'>ü</p>",
    build: (rewriter) => rewriter.on("p",{element(e){log(e.getAttribute("title"));e.setAttribute("title","漢");e.append("😀")}}),
    text: "<p title=\"漢\">ü😀</p>",
    log: ["é"],
  },
  "asynchronous handlers": {
    html: "<p>a</p><p>b</p>",
    build: (rewriter) => rewriter.on("p",{async element(e){await new Promise(r=>setTimeout(r,5));e.append("X")},async text(t){await 0;if(t.lastInTextNode)t.after("!")}}),
    text: "<p>a!X</p><p>b!X</p>",
    log: [],
  },
  "streams and responses as content": {
    html: "<p>a</p>",
    build: (rewriter) => rewriter.on("p",{element(e){e.append(new Response("<i>st</i>").body,{html:true});e.prepend(new Response("<r>"))}}),
    text: "<p>&lt;r&gt;a<i>st</i></p>",
    log: [],
  },
  "a document that ends within a tag": {
    html: "<p>x<div class='a",
    build: (rewriter) => rewriter.on("*",{element(e){log(e.tagName)}}),
    text: "<p>x<div class='a",
    log: ["p"],
  },
  "a document that ends within a comment": {
    html: "x<!-- a",
    build: (rewriter) => rewriter.onDocument({comments(c){log(c.text)},text(t){log("["+t.text+"]",t.lastInTextNode)}}),
    text: "x<!-- a",
    log: ["[x]|false", "[]|true", " a"],
  },
  "a < that begins nothing": {
    html: "a < b <3 <- </",
    build: (rewriter) => rewriter.onDocument({text(t){log("["+t.text+"]",t.lastInTextNode)}}),
    text: "a < b <3 <- </",
    log: ["[a ]|false", "[<]|false", "[ b ]|false", "[<]|false", "[3 ]|false", "[<]|false", "[- ]|false", "[</]|false", "[]|true"],
  },
};

const tree = "<html><body><div id=d1 class='a b'><p lang=en-US>1</p><p title='Hello World'>2<b>x</b></p><span data-x=FOO>3</span><ul><li>1<li>2</li><li>3</li></ul></div><p>last</p></body></html>";
// What each matches there: the names of the elements with their languages; or the error.
const selectors = [
  ["*", ["html", "body", "div", "pen-US", "p", "b", "span", "ul", "li", "li", "li", "p"]],
  ["p", ["pen-US", "p", "p"]],
  ["P", ["pen-US", "p", "p"]],
  ["div p", ["pen-US", "p"]],
  ["div > p", ["pen-US", "p"]],
  ["body > p", ["p"]],
  ["div b", ["b"]],
  ["div > b", []],
  [".a", ["div"]],
  [".a.b", ["div"]],
  [".b.a.c", []],
  ["#d1", ["div"]],
  ["[lang]", ["pen-US"]],
  ["[lang|=en]", ["pen-US"]],
  ["[title~=World]", ["p"]],
  ["[title^=He]", ["p"]],
  ["[title$='ld']", ["p"]],
  ["[title*='lo W']", ["p"]],
  ["[data-x=foo]", []],
  ["[data-x=foo i]", ["span"]],
  ["[data-x='foo' I]", ["span"]],
  ["[data-x=FOO s]", ["span"]],
  ["p:not([lang])", ["p", "p"]],
  ["p:first-child", ["pen-US"]],
  ["p:nth-child(2)", ["p", "p"]],
  ["p:nth-child(even)", ["p", "p"]],
  ["li:nth-child(2n+1)", ["li", "li"]],
  ["li:nth-of-type(2)", ["li"]],
  ["p:first-of-type", ["pen-US", "p"]],
  ["p:nth-of-type(2)", ["p"]],
  ["body div > p b", ["b"]],
  ["p, b", ["pen-US", "p", "b", "p"]],
  ["div,p", ["div", "pen-US", "p", "p"]],
  ["p + p", "TypeError"],
  ["p ~ p", "TypeError"],
  ["a:hover", "TypeError"],
  ["", "TypeError"],
  ["..", "TypeError"],
  ["[", "TypeError"],
  [":not(p)", ["html", "body", "div", "b", "span", "ul", "li", "li", "li"]],
  ["p::before", "TypeError"],
  ["*:nth-child(-n+2)", ["html", "body", "div", "pen-US", "p", "b", "li", "li", "li", "p"]],
  ["ul>li", ["li"]],
  ["p:last-child", "TypeError"],
  ["p:nth-child(0)", []],
  ["p:nth-child(x)", "TypeError"],
  ["div\tp", ["pen-US", "p"]],
  ["  p  ", ["pen-US", "p", "p"]],
  ["p >", "TypeError"],
  ["> p", "TypeError"],
  ["#1a", "TypeError"],
  ["\\31 a", []],
  ["[a=1]", "TypeError"],
  ["p:not(:not(p))", ["pen-US", "p", "p"]],
  ["svg|p", "TypeError"],
  ["*|p", ["pen-US", "p", "p"]],
  ["p:is(p)", "TypeError"],
  ["p:nth-child( 2 )", ["p", "p"]],
  ["p:NTH-CHILD(2)", ["p", "p"]],
  ["[TITLE]", ["p"]],
  ["[title='']", []],
  ["[title^='']", []],
  ["p:not()", "TypeError"],
  ["div  >  p", ["pen-US", "p"]],
  ["div *", ["pen-US", "p", "b", "span", "ul", "li", "li", "li"]],
  ["html body p", ["pen-US", "p", "p"]],
  ["p:not(div p)", "TypeError"],
  ["p:not(p.x, [lang])", ["p", "p"]],
];

const rewritten = Object.fromEntries(Object.entries(cases).map(([name, { html: document, build, text, log: expected }]) =>
  [`rewriting: ${name}`, async () => {
    seen = [];
    equal(await build(new HTMLRewriter()).transform(html(document)).text(), text);
    same(seen, expected);
  }]));

const matched = Object.fromEntries(selectors.map(([selector, expected]) =>
  [`the selector ${JSON.stringify(selector)}`, async () => {
    const found = [];
    const rewriter = new HTMLRewriter();
    const add = () => rewriter.on(selector, { element(e) { found.push(e.tagName + (e.getAttribute("lang") ?? "")); } });
    if (expected === "TypeError") return void throws(add, { name: "TypeError", message: /^Parser error: / });
    add();
    await rewriter.transform(html(tree)).text();
    same(found, expected);
  }]));

const p = (handlers) => new HTMLRewriter().on("p", handlers);

export const checks = {
  ...rewritten,
  ...matched,
  "an error of a handler ends the document": async () => {
    await rejects(p({ element() { throw new RangeError("mine"); } }).transform(html("<p>")).text(), { name: "RangeError", message: "mine" });
    await rejects(p({ async text() { await 0; throw new RangeError("mine"); } }).transform(html("<p>x")).text(), { message: "mine" });
  },
  "what cannot be a name is refused": async () => {
    await p({
      element(e) {
        throws(() => e.setAttribute("", "x"), "Parser error: Attribute name can't be empty.");
        throws(() => e.setAttribute("a b", "x"), "Parser error: ` ` character is forbidden in the attribute name");
        throws(() => (e.tagName = ""), "Parser error: Tag name can't be empty.");
        throws(() => (e.tagName = "1a"),
          "Parser error: The first character of the tag name should be an ASCII alphabetical character.");
        throws(() => (e.tagName = "a b"), "Parser error: ` ` character is forbidden in the tag name");
        throws(() => e.before(), TypeError);
        throws(() => e.setAttribute("x"), TypeError);
      },
    }).transform(html("<p>")).text();
  },
  "a token is of no use once its handler has ended": async () => {
    let element;
    let attributes;
    await p({ element(e) { element = e; attributes = e.attributes; } }).transform(html("<p a=1>")).text();
    const message = "This content token is no longer valid. Content tokens are only valid during the execution of the relevant " +
      "content handler.";
    throws(() => element.tagName, { name: "TypeError", message });
    throws(() => element.setAttribute("a", "b"), { name: "TypeError", message });
    throws(() => attributes.next(), { name: "TypeError" });
  },
  "the rewritten response keeps status and headers": async () => {
    const response = new HTMLRewriter().transform(new Response("x", { status: 201, statusText: "Hm", headers: { etag: "a", "x-y": "z" } }));
    equal(response.status, 201);
    equal(response.statusText, "Hm");
    equal(response.headers.get("etag"), "a");
    equal(response.headers.get("x-y"), "z");
    const empty = new Response(null);
    equal(new HTMLRewriter().transform(empty).body, null);
  },
  "the rewritten response has not the length of the old one": async () => {
    const old = new Response("x", { headers: { "content-length": "1" } });
    equal(new HTMLRewriter().transform(old).headers.get("content-length"), null);
  },
  "a rewriter refuses a body that was read, and what is no response": async () => {
    const used = new Response("x");
    await used.text();
    throws(() => new HTMLRewriter().transform(used), TypeError);
    throws(() => new HTMLRewriter().transform("x"), TypeError);
    throws(() => new HTMLRewriter().on("p"), TypeError);
    throws(() => new HTMLRewriter().on("p", { element: 5 }), TypeError);
    throws(() => new HTMLRewriter().onDocument(), TypeError);
  },
  "handlers are methods of their object, also of a class": async () => {
    class Counter {
      count = 0;
      element(e) { e.setInnerContent(String(++this.count)); }
    }
    equal(await p(new Counter()).transform(html("<p></p><p></p>")).text(), "<p>1</p><p>2</p>");
  },
  "a rewriter can be used again": async () => {
    const rewriter = p({ element(e) { e.append("1"); } });
    equal(await rewriter.transform(html("<p></p>")).text(), "<p>1</p>");
    equal(await rewriter.transform(html("<p></p>")).text(), "<p>1</p>");
  },
  "a document of another encoding keeps it": async () => {
    let read;
    const response = new Response(new Uint8Array([0x3c, 0x70, 0x20, 0x61, 0x3d, 0xe9, 0x3e]),
      { headers: { "content-type": "text/html; charset=windows-1252" } });
    const bytes = new Uint8Array(await p({ element(e) { read = e.getAttribute("a"); } }).transform(response).arrayBuffer());
    same([...bytes], [0x3c, 0x70, 0x20, 0x61, 0x3d, 0xe9, 0x3e]);
    equal(read, "\u00e9");
    const unknown = new Response("x", { headers: { "content-type": "text/html; charset=nope" } });
    await rejects(async () => p({}).transform(unknown).text(), { name: "TypeError" });
  },
  "a large attribute, in many chunks": async () => {
    const part = "x".repeat(10_000);
    const text = await p({ element(e) { e.setAttribute("b", "1"); } }).transform(html(["<p a='", ...new Array(100).fill(part), "'>z"])).text();
    equal(text.length, 1_000_000 + "<p a='' b=\"1\">z".length);
  },
  "the source of a document is cancelled with the reason of its reader": async () => {
    let reason;
    const source = new ReadableStream({
      pull: (controller) => controller.enqueue(new TextEncoder().encode("<p>")),
      cancel: (why) => void (reason = why),
    });
    const reader = p({ element() {} }).transform(new Response(source)).body.getReader();
    await reader.read();
    await reader.cancel("enough");
    equal(reason, "enough");
  },
  "an error of the source is the document's": async () => {
    const source = new ReadableStream({ pull: (controller) => controller.error(new RangeError("source")) });
    const pause = new Promise((_resolve, reject) => setTimeout(() => reject(new Error("no end")), 1000));
    await rejects(Promise.race([p({ element() {} }).transform(new Response(source)).text(), pause]), { message: "source" });
  },
  "objects of handlers look native": async () => {
    const rewriter = p({ element(e) { equal(Object.prototype.toString.call(e), "[object Element]"); } });
    equal(Object.prototype.toString.call(rewriter), "[object HTMLRewriter]");
    await rewriter.transform(html("<p>")).text();
    ok(rewriter.on("a", {}) === rewriter && rewriter.onDocument({}) === rewriter);
  },
};
