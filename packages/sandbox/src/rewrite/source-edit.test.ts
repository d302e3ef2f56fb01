import { describe, expect, it } from 'vitest'
import { lineAndColumn, SourceEdit } from './source-edit.ts'

describe('SourceEdit', () => {
  it('maps its output to the source, even if pieces are reordered', () => {
    const source = 'const a = 1\nfunction f() {\n  throw a\n}\nf()'
    const edit = new SourceEdit(source)
    edit.replace(0, 6, '')
    edit.insert(12, 'f=')
    const rendered = edit.render([
      'start;',
      { start: 12, end: 40 },
      ';',
      { start: 0, end: 12 },
      { start: 40, end: source.length },
    ])
    expect(rendered.text).toBe('start;f=function f() {\n  throw a\n}\nf;a = 1\n()')
    const line = rendered.text.split('\n').indexOf('  throw a') + 1
    expect(lineAndColumn(source, rendered.sourceOffset(line, 3))).toEqual({ line: 3, column: 3 })
  })

  it('nests wraps in whatever order they are made, also around other edits', () => {
    const edit = new SourceEdit('{x}f')
    edit.wrap(1, 2, '(', ')')
    edit.close(2, ';')
    edit.wrap(0, 3, '[', ']')
    edit.insert(3, 'g=')
    edit.insert(1, 'z;')
    edit.replace(1, 2, 'y')
    expect(edit.render([{ start: 3, end: 4 }, ' ', { start: 0, end: 3 }]).text).toBe('g=f [{z;(y;)}]')
  })
})
