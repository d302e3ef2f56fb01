import { describe, expect, it } from 'vitest'
import { fillReferences } from './fill-references.ts'

const results = {
  t1: {
    output: {
      mean: 5.125,
      rows: [{ name: 'Ada', born: '1815-12-10' }],
      count: 1461,
      whole: true,
      none: null,
      small: -0.04,
      text: '7.26',
    },
  },
  t2: { output: 42 },
}

describe('fillReferences', () => {
  it.each([
    ['{{t1.output.mean}}', '5.125'],
    ['{{t1.output.mean:1}}', '5.1'],
    ['{{ t1.output.mean:0 }}', '5'],
    ['{{t1.output.small:1}}', '0.0'],
    ['{{t1.output.text:1}}', '7.3'],
    ['{{t2.output}}', '42'],
    ['{{t2.output:2}}', '42.00'],
    ['{{t1.output.rows[0].name}} and {{t1.output.rows.0.born}}', 'Ada and 1815-12-10'],
    ['{{t1.output.whole}}', 'true'],
    ['nothing to fill', 'nothing to fill'],
    ['1. first\n2. second', '1. first\n2. second'],
    ['## 1. A heading', '## 1. A heading'],
    ['![chart](chart-1.svg)', '![chart](chart-1.svg)'],
  ])('%s becomes %s', (template, text) => {
    expect(fillReferences(template, results)).toEqual({ text, problems: [] })
  })

  it.each([
    ['{{t1.output.median}}', 't1.output has mean, rows'],
    ['{{t3.output}}', 'the results has t1, t2'],
    ['{{t1.output.rows}}', 'no single value'],
    ['{{t1.output.none}}', 'no single value'],
    ['{{t1.output.toString}}', 'does not resolve'],
    ['{{t1.output.__proto__.polluted}}', 'does not resolve'],
    ['It was 5.1 mm.', 'the figure 5.1'],
    ['On 2012-07-05', '2012'],
    ['{{t1.output.mean}} of 7', 'the figure 7'],
    ['see [5.1 mm](rain.md)', 'the figure 5.1'],
  ])('%s is a problem', (template, words) => {
    expect(fillReferences(template, results).problems.join('\n')).toContain(words)
  })

  it('accepts figures that are in the task’s text', () => {
    expect(
      fillReferences('From 2012 to 2015 it was {{t2.output}}.', results, 'Compare 2012 to 2015.').problems,
    ).toEqual([])
  })
})
