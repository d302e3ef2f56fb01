import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileNameProblem } from '@bailiwick/contract'
import { expect, it } from 'vitest'
import { run } from './program.ts'
import { teamFolder } from './team-folder.ts'

const LONG = 'ü'.repeat(125)
const NFD = 'Übersicht.txt'.normalize('NFD')

/** Names of every kind that a file system may know, and some that none does. */
const NAMES = [
  'Übersicht.txt',
  NFD,
  '数据 2026.csv',
  'Ελληνικά.md',
  'تقرير.txt',
  '👩🏽‍🚀 and 🏳️‍🌈.md',
  'ﬁligree ﷽ ₂.txt',
  '\u{1F468}\u{200D}\u{1F4BB}',
  'a..b...c',
  'two  spaces.txt',
  "quote's, (brackets) [and] {more} & #1 100% ~ `x` $HOME !.txt",
  '-rf',
  'report.md',
  'run.json',
  'con',
  'a+b=c@d;e,f.txt',
  `${LONG}.txt`,
  `${LONG}x.txt`,
  `${LONG}xy.txt`,
  'x'.repeat(255),
  'x'.repeat(256),
  '%2e%2e%2f',
  'trailing ',
  'trailing.',
  ' leading',
  '.hidden',
  '.',
  '..',
  '',
  'a/b',
  'a\\b',
  '/etc/passwd',
  'a*b',
  'a>b',
  'a?b',
  'a:b',
  'a\u0000b',
  'a\nb',
  'a\u001b[31mb',
  'a\u009bb',
  'gpj.\u202etxt',
  '\ud800.txt',
]

/** Random names of letters, marks, symbols, joiners and spaces of all planes, always the same ones. */
function randomNames(count: number): string[] {
  let seed = 20_261_130
  const random = (below: number) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fff_ffff
    return Math.floor((seed / 0x8000_0000) * below)
  }
  const blocks = [
    [0x20, 0x5f],
    [0xa0, 0x160],
    [0x300, 0x70],
    [0x590, 0x170],
    [0x1100, 0x100],
    [0x2000, 0x100],
    [0x3000, 0x200],
    [0xd800, 0x800],
    [0xe000, 0x100],
    [0xfe00, 0x200],
    [0x1f300, 0x400],
    [0xe0100, 0xf0],
  ] as const
  return Array.from({ length: count }, (_, n) => {
    const units = Array.from({ length: 1 + random(8) }, () => {
      const [first, length] = blocks[random(blocks.length)] ?? blocks[0]
      return String.fromCodePoint(first + random(length))
    })
    return `${n} ${units.join('')}.txt`
  })
}
const RANDOM = randomNames(60)
NAMES.push(...RANDOM)

const CODE = `<code>
const names = ${JSON.stringify(NAMES)}
const kept = []
const refused = []
for (const [index, name] of names.entries()) {
  try {
    await writeArtifact({ name, content: 'file ' + index })
  } catch (error) {
    refused.push([index, error.message])
    continue
  }
  const text = await readFile({ name })
  const listed = (await listFiles({})).filter((file) => file.name === name).length
  kept.push([index, text, listed])
}
finalAnswer({ kept, refused })
</code>`

it('writes, lists, reads and downloads a file under any name, or refuses the name when it is written', async () => {
  await using place = await teamFolder(
    { worker: { t1: [CODE] } },
    { agents: [{ name: 'worker', level: 5, tools: ['readFile', 'writeArtifact', 'listFiles'] }] },
  )
  const ended = await run(['run', 'x', '--agent', 'worker', '--out', 'out'], { cwd: place.folder })
  expect(ended, ended.stderr).toMatchObject({ code: 0 })
  const out = join(place.folder, 'out')
  const { result } = JSON.parse(await readFile(join(out, 'run.json'), 'utf8'))
  const { kept, refused } = result.answer as { kept: [number, string, number][]; refused: [number, string][] }
  expect(kept.length).toBeGreaterThan(35)
  for (const [index, text, listed] of kept) {
    expect([text, listed], NAMES[index]).toEqual([`file ${index}`, 1])
  }
  for (const [index, message] of refused) expect(message, NAMES[index]).toContain('Expected a file name')
  // Only names that some system cannot store are refused.
  const possible = refused
    .map(([index]) => NAMES[index] ?? '')
    .filter((name) => fileNameProblem(name) === undefined && !RANDOM.includes(name))
  expect(possible.sort()).toEqual(
    [' leading', '.hidden', 'a*b', 'a:b', 'a>b', 'a?b', 'con', 'trailing ', 'trailing.'].sort(),
  )
  // A number is added only to names that may be the same file on some system.
  const numbered = new Map([
    ['report.md', 'report-2.md'],
    ['run.json', 'run-2.json'],
    [NFD, NFD.replace('.', '-2.')],
  ])
  const names = kept.map(([index]) => numbered.get(NAMES[index] ?? '') ?? NAMES[index] ?? '')
  expect((await readdir(out)).sort()).toEqual(
    ['answer.json', 'code', 'report.md', 'run.json', ...names].sort(),
  )
  for (const [position, [index]] of kept.entries()) {
    const name = names[position] ?? ''
    expect(await readFile(join(out, name), 'utf8'), name).toBe(`file ${index}`)
  }
})
