import { describe, expect, it } from 'vitest'
import { fillReferences } from './fill-references.ts'

const monthly = [
  { month: 'January', mean: 5.125, sum: 1234.5, share: 0.0832 },
  { month: 'February', mean: -2.25, sum: 98765, share: 0.1 },
]

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
      dash: '–',
      length: '12.3 mm',
      noise: 12.340000000000002,
      tiny: 0.000123456,
      below: -1234.56,
      share: 1.056,
      percent: 105.6,
      day: '2012-07-05',
      at: '2012-07-05T23:30:00-08:00',
      month: '2012-07',
      names: ['Ada', 'Bo', 'Cy'],
      monthly,
      byRegion: { north: { sum: 3 }, south: { sum: 4 } },
      totals: { north: 3, south: 4 },
      pairs: [
        ['a', 1],
        ['b', 2],
      ],
      daily: Array.from({ length: 1_461 }, (_, day) => ({ day: `d${day}`, rain: day })),
      sparse: [{ name: 'a', n: 1 }, { name: 'b' }, { name: 'c|d', n: null }],
      nested: [{ name: 'a', stats: { mean: 1.25 }, list: [1, 2] }],
      empty: [],
      'Cost Total $': 12.5,
      'a.b': 3,
      '10:30': 8,
    },
  },
  t2: { output: 42 },
  t3: { output: { output: { x: 1 } } },
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
    ['{{t1.mean:1}}', '5.1'],
    ['{{t2}}', '42'],
    ['{{t1.rows[0].name}}', 'Ada'],
    ['{{t1.rows.length}}', '1'],
    ['{{t1.names}}', 'Ada, Bo, Cy'],
    ['{{t1["Cost Total $"]:2}} and {{t1.Cost Total $}}', '12.50 and 12.5'],
    ["{{t1['a.b']}} {{t1.10:30}}", '3 8'],
    // A field of this name in the output wins.
    ['{{t3.output.x}}', '1'],
    ['{{t1.noise}} {{t1.tiny}} {{t1.count}}', '12.34 0.000123 1461'],
    ['{{t1.rows[0].name:1}} {{t1.dash:,1}}', 'Ada –'],
    ['{{t1.count:,}} {{t1.below:,1}} {{t1.below:0}}', '1,461 -1,234.6 -1235'],
    ['{{t1.share:%}} {{t1.share:1%}}', '106% 105.6%'],
    ['{{t1.day:date}} {{t1.at:date}} {{t1.month:month}}', 'July 5, 2012 July 5, 2012 July 2012'],
  ])('%s becomes %s, in short', (template, text) => {
    expect(fillReferences(template, results)).toEqual({ text, problems: [] })
  })

  it.each([
    ['de', '5,1 1.461 -1.234,6 105,6\u00a0% 5. Juli 2012 12,34'],
    ['fr', '5,1 1\u202f461 -1\u202f234,6 105,6\u00a0% 5 juillet 2012 12,34'],
    ['de-CH', "5.1 1'461 -1'234.6 105.6% 5. Juli 2012 12.34"],
    ['en', '5.1 1,461 -1,234.6 105.6% July 5, 2012 12.34'],
  ])('writes figures and dates in the locale %s that the text states once', (locale, text) => {
    const template = `{{locale ${locale}}}\n{{t1.mean:1}} {{t1.count:,}} {{t1.below:,1}} {{t1.share:1%}} {{t1.day:date}} {{t1.noise}}`
    expect(fillReferences(template, results)).toEqual({ text, problems: [] })
  })

  it.each([
    [
      '{{table t1.monthly: month, mean:1, sum:,}}',
      '| month | mean | sum |\n| --- | ---: | ---: |\n| January | 5.1 | 1,235 |\n| February | -2.3 | 98,765 |',
    ],
    [
      'See: {{table t1.monthly: month as Month, share:1% as Share of all, sum:,1}} Done.',
      'See:\n\n| Month | Share of all | sum |\n| --- | ---: | ---: |\n| January | 8.3% | 1,234.5 |\n| February | 10.0% | 98,765.0 |\n\nDone.',
    ],
    [
      '{{table t1.monthly: sum:, as Sum, month}}',
      '| Sum | month |\n| ---: | --- |\n| 1,235 | January |\n| 98,765 | February |',
    ],
    [
      '{{table t1.monthly: month, sum:, as "Sum, all"}}',
      '| month | Sum, all |\n| --- | ---: |\n| January | 1,235 |\n| February | 98,765 |',
    ],
    ['{{table 1 of t1.monthly: month}}', '| month |\n| --- |\n| January |'],
    [
      '{{table t1.byRegion: key as Region, sum}}',
      '| Region | sum |\n| --- | ---: |\n| north | 3 |\n| south | 4 |',
    ],
    ['{{table t1.totals}}', '| key | value |\n| --- | ---: |\n| north | 3 |\n| south | 4 |'],
    ['{{table t1.pairs: 0 as Name, 1 as N}}', '| Name | N |\n| --- | ---: |\n| a | 1 |\n| b | 2 |'],
    ['{{table t1.rows}}', '| name | born |\n| --- | --- |\n| Ada | 1815-12-10 |'],
    ['{{table t1.rows: name, born:date}}', '| name | born |\n| --- | --- |\n| Ada | December 10, 1815 |'],
    ['{{table t1.sparse: name, n}}', '| name | n |\n| --- | ---: |\n| a | 1 |\n| b | – |\n| c\\|d | – |'],
    [
      '{{table t1.nested: name, stats.mean:1, list[1] as second}}',
      '| name | mean | second |\n| --- | ---: | ---: |\n| a | 1.3 | 2 |',
    ],
  ])('%s becomes a table', (template, text) => {
    expect(fillReferences(template, results)).toEqual({ text, problems: [] })
  })

  it.each([
    ['{{t1.output.median}}', 't1.output has mean, rows'],
    ['{{t1.median}}', 't1 has mean, rows'],
    ['{{t4.output}}', 'the results are t1, t2'],
    ['{{t1.output.rows}}', 'no single value'],
    ['{{t1.rows}}', '{{table t1.rows: name, born}}'],
    ['{{t1.output.none}}', 'no single value'],
    ['{{t1.none}}', 'it is null'],
    ['{{t1.output.toString}}', 'does not resolve'],
    ['{{t1.output.__proto__.polluted}}', 'does not resolve'],
    ['It was 5.1 mm.', 'the figure 5.1'],
    ['On 2012-07-05', '2012'],
    ['{{t1.output.mean}} of 7', 'the figure 7'],
    ['see [5.1 mm](rain.md)', 'the figure 5.1'],
    [
      '{{t1.mean:.1f}}',
      'a number takes :1 (decimal places), :, or :,1 (thousands separators) or :1% (a share as percent)',
    ],
    ['{{t1.mean:date}}', 'it is the number 5.125, not a date such as 2012-07-05'],
    ['{{t1.length:1}}', 'it is the text "12.3 mm": leave the format out'],
    ['{{t1.rows[0].name:date}}', 'it is the text "Ada", not a date such as 2012-07-05'],
    ['{{t1.day:1}}', 'write {{t1.day:date}}'],
    ['{{t1.whole:1}}', 'it is true: leave the format out'],
    ['{{t1.percent:1%}}', 'already is a percentage: write {{t1.percent:1}} and the percent sign after it'],
    ['{{locale german}}', 'is not a language tag such as en, de or pt-BR'],
    ['{{locale}}', 'is not a language tag such as en, de or pt-BR'],
    ['{{table t1.monthly: median}}', 'no row has "median"; rows have month, mean, sum, share'],
    ['{{table t1.mean: x}}', 'it is no list: write {{t1.mean}}'],
    ['{{table t1.monthli: month}}', 'does not resolve'],
    [
      '{{table t1.daily: day, rain}}',
      'has 1461 rows, and a table shows at most 100: {{table 100 of t1.daily: day, rain}} shows the first 100',
    ],
    ['{{table 500 of t1.daily: day}}', 'at most 100'],
    ['{{table t1.nested: name, list}}', '"list" has no single value; it is a list of 2: write list[0]'],
    ['{{table t1.nested: stats}}', '"stats" has no single value; it has mean: write stats.mean'],
    ['{{table t1.monthly: month:date}}', 'it is the text "January", not a date'],
    ['{{table t1.monthly: mean:.1f}}', 'a number takes :1'],
    ['{{table t1.empty: x}}', 'has no rows: say so in words'],
    ['{{table}}', 'name a list'],
    ['{{table t1.monthly: }}', 'name its columns'],
    ['{{table t1.monthly: month, , sum}}', 'name its columns'],
  ])('%s is a problem', (template, words) => {
    expect(fillReferences(template, results).problems.join('\n')).toContain(words)
  })

  it.each([
    ['It was 5.1 mm.', '{{t1.mean:1}}'],
    ['It was 5.125 mm.', '{{t1.mean}}'],
    ['It was 5,1 mm.', '{{t1.mean:1}}'],
    ['There were 1461 days.', '{{t1.count}}'],
    ['There were 1,461 days.', '{{t1.count:,}}'],
    ['There were 1.461 days.', '{{t1.count:,}}'],
    ['It fell by 1,234.6 mm.', '{{t1.below:,1}}'],
    ['It was 105.6% of it.', '{{t1.share:1%}} with its percent sign'],
    ['It was 8.3 % of it.', '{{t1.monthly[0].share:1%}} with its percent sign'],
    ['On 2012-07-05 it rained.', '{{t1.day}}'],
    ['On July 5, 2012 it rained.', '{{t1.day:date}} ("July 5, 2012")'],
    ['She was born in 1815.', '{{t1.rows[0].born}} ("1815-12-10")'],
    ['There are 3 names.', '{{t1.byRegion.north.sum}} or {{t1.totals.north}}'],
    ['All 98766 of them.', 'is in no result'],
  ])('%s gets the exact replacement', (template, words) => {
    expect(fillReferences(template, results).problems.join('\n')).toContain(words)
  })

  it('lists each problem once, and at most 20', () => {
    const many = Array.from({ length: 50 }, (_, index) => `${index + 4_000}.5`).join(' and ')
    const { problems } = fillReferences(`${many} and 4000.5`, results)
    expect(problems).toHaveLength(21)
    expect(problems.at(-1)).toBe('30 more like these')
    expect(fillReferences('{{t1.x}} {{t1.x}}', results).problems).toHaveLength(1)
  })

  it('accepts figures that are in the task’s text', () => {
    const task = 'Compare 2012 to 2015, from 2012-07-05, above 1,000.'
    const template = 'From 2012 to 2015 it was {{t2.output}}, since July 5, 2012, above 1.000 and 1000.'
    expect(fillReferences(template, results, task).problems).toEqual([])
  })

  it('reads long texts that look like references', () => {
    const parts = [
      '{{',
      '{{t1[',
      '](',
      '\n',
      ' ',
      '1',
      '1.',
      'a1',
      '[^',
      '&#',
      '# ',
      '| ',
      '{{table ',
      '{{locale ',
      ' as',
      '["',
    ]
    for (const part of parts) {
      const text = part.repeat(20_000)
      for (const template of [
        text,
        `${text}}}`,
        `{{table t1.rows: ${text}}}`,
        `{{t1${text}}}`,
        `{{locale ${text}}}`,
      ]) {
        // A quadratic expression would take minutes, and the test would time out.
        fillReferences(template, results)
      }
    }
    expect(fillReferences(`{{t1.${'a'.repeat(2_000)}}}`, results).problems.join()).toContain('is too long')
  })

  it('leaves no blank lines where the locale stood', () => {
    expect(fillReferences('{{locale de}}\n\nEs ist warm.\n\nSehr.', results).text).toBe(
      'Es ist warm.\n\nSehr.',
    )
  })

  it('takes no name with a digit for a figure', () => {
    expect(fillReferences('CO2, PM2.5, Q3 and [^1] &#8211; are names.', results).problems).toEqual([])
  })
})
