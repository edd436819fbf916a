"""Labels that would break, forge or run something, were they taken for more than text.

`LABELS` has them by what they are aimed at; `UNSEEN` is what no text for a terminal may have:
control characters, halves of surrogate pairs, what turns the direction of writing round, and what
is not there to be seen. (The joiners U+200C and U+200D stay: Persian and emoji are written with
them.)
"""

from __future__ import annotations

import re

UNSEEN = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069"
    "\ufeff\ufff9-\ufffb\ufffe\uffff\U000e0001\U000e0020-\U000e007f]"
)

LABELS = {
    "script": "<script>alert(1)</script>",
    "end of script": "</script><script>alert(1)</script>",
    "image": '<img src=x onerror="alert(1)">',
    "attribute": '" onload="alert(1)" x="',
    "single quotes": "' onmouseover='alert(1)",
    "link": '<a href="javascript:alert(1)">a</a>',
    "javascript": "javascript:alert(1)",
    "svg": "</text></svg><svg onload=alert(1)>",
    "foreign": "<foreignObject><iframe src=//x></iframe></foreignObject>",
    "style": "</style><style>*{display:none}</style>",
    "css": "red;}*{background:url(//x)",
    "css import": "@import url(//x);",
    "cdata": "]]><b>",
    "comment": "--><b><!--",
    "instruction": "?><?xml-stylesheet href='x'?>",
    "entity": "&lt;b&gt;&#60;b&#62;&amp;&nosuch;",
    "doctype": '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>&a;',
    "html label": "<<TABLE><TR><TD>x</TD></TR></TABLE>>",
    "dot escapes": r"\N \G \L \E \T \H \n \l \r",
    "end of dot": '"]; evil [label="x"]; }',
    "dot url": '", URL="javascript:alert(1)", x="',
    "record": "{a|<f0> b|c}",
    "port": "a:b:c;d->e",
    "backslash": "\\",
    "backslashes and a quote": '\\\\\\"',
    "template": "{{constructor.constructor('alert(1)')()}} {% x %} @data@ @title@ ${alert(1)}",
    "json": '"},{"n":"\\u003cscript\\u003e',
    "math": "$x$ $$y$$ \\(z\\) \\[w\\]",
    "half a formula": "$\\frac{1}{",
    "input": r"\input{/etc/passwd}\include{x}\openin",
    "write18": r"\immediate\write18{id}}\def\x{",
    "end of document": r"\end{aligned}\end{document}%",
    "href": r"\href{javascript:alert(1)}{x} ^^5cinput ^^M",
    "backticks": "`id` ```js\nalert(1)\n```",
    "table": "a | b |\n|---|---|\n| c | d |",
    "markdown": "[a](javascript:alert(1)) ![b](//x) **c** _d_ # e\n\n# f\n\n- g\n> h",
    "colour": "\x1b[31mred\x1b[0m",
    "window title": "\x1b]0;title\x07\x1b]52;c;aWQ=\x07",
    "terminal link": "\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\",
    "eight-bit controls": "\x9b31m\x9d0;title\x9c\x90x\x85",
    "bell and backspaces": "ok\x07\x08\x08no\r\x0b\x0c\x7f",
    "clear screen": "\x1b[2J\x1b[H\x1bc",
    "bidi": "a\u202egnp.exe\u202c\u2066b\u2069\u200f\u061c",
    "zero width": "a\u200bb\u2060c\ufeffd",
    "nothing to be seen": "\u200b\u2060\ufeff",
    "tags": "a\U000e0001\U000e0041\U000e007f",
    "lines": "a\nb\r\nc\u2028d\u2029e\x1cf\x1dg",
    "nul": "a\0b",
    "surrogates": "a\ud800b\udfff",
    "noncharacters": "a\ufffe\uffff\ufdd0",
    "percent": "%s %n %(x)s %d",
    "format": "{0} {a} {0.__class__.__mro__} {} }{",
    "python": "__import__('os').system('id')",
    "python lines": "x\n    import os\n#",
    "docstring": '"""\nimport os\n"""',
    "csv": '=cmd|"/c calc"!A1,b\n"c',
    "keyword": "lambda",
    "dunder": "__class__",
    "accents": "Z" + "\u0301\u0338" * 40,
    "long": "x" * 20_000,
    "long and wide": "变" * 5_000,
    "long with entities": "<&\"'\\" * 2_000,
}  # fmt: skip
