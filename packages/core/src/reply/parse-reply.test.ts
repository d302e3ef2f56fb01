import { describe, expect, it } from 'vitest'
import { parseCalls, parseCode, parseText, type WrittenReply } from './parse-reply.ts'

function reply(text: string, more: Partial<WrittenReply> = {}): WrittenReply {
  return { text, calls: [], ...more }
}

const TICKS = '```'
const fenced = (language: string, code: string) => `${TICKS}${language}\n${code}\n${TICKS}`

/** [case, reply, code] */
const CODE: [string, string, string][] = [
  ['tags', 'I add.\n<code>\n1 + 1\n</code>', '1 + 1'],
  ['tags on one line', '<code>a()</code>', 'a()'],
  ['a tag that is never closed', 'I add.\n<code>\n1 + 1', '1 + 1'],
  ['a fence in place of the tag', `I add.\n${fenced('js', '1 + 1')}`, '1 + 1'],
  ['a fence of JavaScript', fenced('javascript', 'a()'), 'a()'],
  ['a fence of TypeScript', fenced('ts', 'const a: number = 1'), 'const a: number = 1'],
  ['a fence of TypeScript, spelled out', fenced('TypeScript', 'let a'), 'let a'],
  ['a fence without a language', fenced('', 'a()'), 'a()'],
  ['a fence that is never closed', `${TICKS}js\na()\nb()`, 'a()\nb()'],
  ['an indented fence', `- so:\n  ${TICKS}js\n  a()\n  ${TICKS}`, 'a()'],
  ['a fence inside the tag', `<code>\n${fenced('js', 'a()')}\n</code>`, 'a()'],
  ['two blocks', '<code>a()</code>\nand then\n<code>b()</code>', 'a()\n\nb()'],
  ['two fences', `${fenced('js', 'a()')}\nthen\n${fenced('js', 'b()')}`, 'a()\n\nb()'],
  ['three blocks, the last unclosed', '<code>a()</code>\n<code>b()</code>\n<code>c()', 'a()\n\nb()\n\nc()'],
  ['a tag beats a fence', `${fenced('js', 'no()')}\n<code>yes()</code>`, 'yes()'],
  ['a fence of JSON beside a fence of code', `${fenced('json', '{"a": 1}')}\n${fenced('js', 'a()')}`, 'a()'],
  ['a fence of text beside a fence of code', `${fenced('text', 'plan')}\n${fenced('js', 'a()')}`, 'a()'],
  ['an empty block beside a full one', '<code></code>\n<code>a()</code>', 'a()'],
  ['a closing tag in a string', `<code>\nconst a = '</code>'\nb()\n</code>`, `const a = '</code>'\nb()`],
  ['a closing tag in a template', '<code>\nconst a = `</code>`\nb()\n</code>', 'const a = `</code>`\nb()'],
  ['a closing tag in a comment', '<code>\n// not </code> yet\nb()\n</code>', '// not </code> yet\nb()'],
  [
    'a fence in a template',
    '<code>\nconst a = `\n```js\nx\n```\n`\nb()\n</code>',
    'const a = `\n```js\nx\n```\n`\nb()',
  ],
  [
    'a fence in a template in a fence',
    `${TICKS}js\nconst a = \`\n\\\`\\\`\\\`\n\`\nb()\n${TICKS}`,
    'const a = `\n\\`\\`\\`\n`\nb()',
  ],
  [
    'an observation in a template',
    '<code>\nconst a = `\nObservation: x\n`\n</code>',
    'const a = `\nObservation: x\n`',
  ],
  [
    'an observation in a nested template',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the text is code
    '<code>\na(`${b(`\nObservation: x\n`)}`)\n</code>',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the text is code
    'a(`${b(`\nObservation: x\n`)}`)',
  ],
  ['an observation in a string', "<code>\na('Observation: x')\n</code>", "a('Observation: x')"],
  ['a quote in a regular expression', "<code>\na.replace(/'/g, '')\n</code>", "a.replace(/'/g, '')"],
  ['a backtick in a regular expression', '<code>\na.split(/`/)\nb()\n</code>', 'a.split(/`/)\nb()'],
  ['an apostrophe in a comment', "<code>\n// don't stop\na()\n</code>", "// don't stop\na()"],
  ['an apostrophe in the prose before', "I'll add.\n<code>\na()\n</code>", 'a()'],
  ['a backtick in the prose before', 'I use `a`.\n<code>\na()\n</code>', 'a()'],
  ['a thought before', '<think>first</think>\n<code>a()</code>', 'a()'],
  ['a thought with code in it', '<think>\n<code>no()</code>\n</think>\n<code>a()</code>', 'a()'],
  ['a lone closing thought', 'hm, first this\n</think>\n<code>a()</code>', 'a()'],
  ['a thought of another spelling', '<thinking>x</thinking><code>a()</code>', 'a()'],
  ['two thoughts', '<think>x</think>\n<think>y</think>\n<code>a()</code>', 'a()'],
  ['a thought tag in a string', "<code>\na('<think>')\n</code>", "a('<think>')"],
  ['a closing thought in a string', "<code>\na('</think>')\n</code>", "a('</think>')"],
  ['JSON with code', '{"thought": "x", "code": "a()"}', 'a()'],
  ['JSON with code in a fence', fenced('json', '{"code": "a()"}'), 'a()'],
  ['JSON with code in a bare fence', fenced('', '{"code": "a()"}'), 'a()'],
  ['JSON with code in the tag', '<code>{"code": "a()"}</code>', 'a()'],
  ['JSON with code after prose', 'So:\n{"code": "a(\\"b\\")"}', 'a("b")'],
  ['a call in JSON', '{"name": "search", "arguments": {"q": "x"}}', 'await search({"q":"x"})'],
  [
    'a final answer in JSON',
    '{"name": "finalAnswer", "arguments": {"answer": 5}}',
    'finalAnswer({"answer":5})',
  ],
  [
    'unmarked code',
    'const a = await b({ c: 1 })\nconsole.log(a)',
    'const a = await b({ c: 1 })\nconsole.log(a)',
  ],
  ['an unmarked call', 'finalAnswer(42)', 'finalAnswer(42)'],
  ['a final answer with calls', '<code>\nfinalAnswer(await a())\n</code>', 'finalAnswer(await a())'],
]

describe('parseCode finds code', () => {
  it.each(CODE)('%s', (_, text, code) => {
    expect(parseCode(reply(text))).toMatchObject({ kind: 'code', code, invented: false })
  })

  it('in a native call with a code argument', () => {
    const calls = [{ id: 'x', name: 'run_code', arguments: { code: 'a()' } }]
    expect(parseCode(reply('', { calls }))).toMatchObject({ kind: 'code', code: 'a()' })
  })

  it('in native calls, rewritten', () => {
    const calls = [
      { id: 'x', name: 'search', arguments: { q: 'x' } },
      { id: 'y', name: 'not a name', arguments: {} },
    ]
    expect(parseCode(reply('', { calls }))).toMatchObject({
      code: 'await search({"q":"x"})\nawait globalThis["not a name"]({})',
    })
  })
})

/** [case, reply, the code that runs] */
const INVENTED: [string, string, string][] = [
  ['after the tag', '<code>\na()\n</code>\nObservation: 5\n', 'a()'],
  ['after a fence', `${fenced('js', 'a()')}\nObservation:\n5`, 'a()'],
  ['in bold', '<code>a()</code>\n**Observation:** 5', 'a()'],
  ['with a second block after it', '<code>a()</code>\nObservation: 5\n<code>finalAnswer(5)</code>', 'a()'],
  ['with a second block before it', '<code>a()</code>\n<code>b()</code>\nObservation: 5', 'a()'],
  ['in a block that was never closed', '<code>\na()\nObservation: 5', 'a()'],
  ['called output', '<code>a()</code>\nOutput: 5', 'a()'],
  [
    'after code with an observation in a string',
    "<code>\na('\\nObservation: 1')\n</code>\nObservation: 2",
    "a('\\nObservation: 1')",
  ],
]

describe('parseCode cuts an invented observation', () => {
  it.each(INVENTED)('%s', (_, text, code) => {
    expect(parseCode(reply(text))).toMatchObject({ kind: 'code', code, invented: true })
  })
})

/** [case, reply, problem] */
const NOTHING: [string, string, string][] = [
  ['prose', 'I think the answer is five.', 'no-code'],
  ['a list', '- first look\n- then add', 'no-code'],
  ['a lone identifier', 'done', 'no-code'],
  ['a lone number', '42', 'no-code'],
  ['prose with a name in backticks', 'I would call `search` now.', 'no-code'],
  ['an empty reply', '', 'empty'],
  ['an empty block', '<code>\n</code>', 'no-code'],
  ['thoughts alone', '<think>so much to do</think>', 'empty'],
  ['thoughts that never end', '<think>so much to do, <code>a()</code>', 'empty'],
  ['a fence of Python', fenced('python', 'print(1)'), 'python'],
  ['Python in the tag', '<code>\nfor x in range(3):\n    print(x)\n</code>', 'python'],
  ['a Python function', '<code>\ndef add(a, b):\n    return a + b\n</code>', 'python'],
  ['a fence of a shell', fenced('bash', 'ls'), 'no-code'],
  ['half JSON', '{"code": "a(', 'no-code'],
  ['an observation alone', 'Observation: 5', 'empty'],
]

describe('parseCode tells why there is no code', () => {
  it.each(NOTHING)('%s', (_, text, problem) => {
    expect(parseCode(reply(text))).toMatchObject({ kind: 'nothing', problem })
  })
})

/** [case, reply, calls] */
const CALLS: [string, string, unknown[]][] = [
  ['the form that is asked for', '{"name": "a", "arguments": {"b": 1}}', [{ name: 'a', args: { b: 1 } }]],
  ['in a fence', fenced('json', '{"name": "a", "arguments": {}}'), [{ name: 'a', args: {} }]],
  ['in a tag', '<tool_call>\n{"name": "a", "arguments": {}}\n</tool_call>', [{ name: 'a', args: {} }]],
  [
    'two in a row',
    '{"name": "a", "arguments": {}}\n{"name": "b", "arguments": {}}',
    [
      { name: 'a', args: {} },
      { name: 'b', args: {} },
    ],
  ],
  ['a list', '[{"name": "a", "arguments": {}}]', [{ name: 'a', args: {} }]],
  ['calls in an object', '{"calls": [{"name": "a", "arguments": {}}]}', [{ name: 'a', args: {} }]],
  ['the spelling of a provider', '{"function": {"name": "a", "arguments": {}}}', [{ name: 'a', args: {} }]],
  ['action and input', 'Action:\n{"action": "a", "action_input": "x"}', [{ name: 'a', args: 'x' }]],
  ['tool and parameters', '{"tool": "a", "parameters": {"b": [1]}}', [{ name: 'a', args: { b: [1] } }]],
  ['with a comma too many', '{"name": "a", "arguments": {"b": 1,},}', [{ name: 'a', args: { b: 1 } }]],
  ['with braces in strings', '{"name": "a", "arguments": {"b": "}{"}}', [{ name: 'a', args: { b: '}{' } }]],
  [
    'with an invented observation after it',
    '{"name": "a", "arguments": {}}\nObservation: 5\n{"name": "b", "arguments": {}}',
    [{ name: 'a', args: {} }],
  ],
]

describe('parseCalls finds calls in text', () => {
  it.each(CALLS)('%s', (_, text, calls) => {
    expect(parseCalls(reply(text))).toMatchObject({ kind: 'calls', calls })
  })

  it.each([
    ['prose', 'The answer is 5.'],
    ['half JSON', '{"name": "a", "argum'],
    ['other JSON', '{"answer": 5}'],
    ['an object with a name and no arguments', '{"name": "Ada", "age": 36}'],
  ])('%s is not a call', (_, text) => {
    expect(parseCalls(reply(text))).toMatchObject({ kind: 'text', text })
  })

  it('prefers native calls to calls in the text', () => {
    const calls = [{ id: 'x', name: 'a', arguments: {} }]
    expect(parseCalls(reply('{"name": "b", "arguments": {}}', { calls }))).toMatchObject({
      calls: [{ name: 'a' }],
    })
  })
})

describe('parseText', () => {
  it('separates thoughts from the text', () => {
    expect(parseText(reply('<think>b</think>\nFive.', { thinking: 'a' }))).toMatchObject({
      text: 'Five.',
      thinking: 'a\nb',
    })
  })
})

describe('a hostile reply', () => {
  const many = 50_000

  it.each([
    ['brackets', '{'.repeat(many)],
    ['nested templates', `<code>\n${'`$' + '{'}`.repeat(many)],
    ['thoughts', '<think>\n'.repeat(many)],
    ['fences', '```js\n'.repeat(many)],
    ['tags', '<code>'.repeat(many)],
    ['quotes', `<code>\n${`"'`.repeat(many)}`],
    ['slashes', `<code>\n${'(/'.repeat(many)}`],
    ['observations', 'Observation:\n'.repeat(many)],
    ['JSON in JSON', '[{"name": "a", "arguments": '.repeat(many)],
  ])('of %s is parsed', (_, text) => {
    for (const parse of [parseCode, parseCalls, parseText])
      expect(parse(reply(text)).kind).toBeTypeOf('string')
  })
})
