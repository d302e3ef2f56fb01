import { EventEmitter } from 'node:events'
import { PassThrough, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import type { CloudEvent } from '@bailiwick/bus'
import { runSandboxPrompt } from '@bailiwick/sandbox'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openScreen } from '../src/run/watch-run.ts'
import type { Ended } from './program.ts'
import { type TeamFolder, teamFolder } from './team-folder.ts'

/** Colors, a title, a link, the clipboard, cursor movements in 7 and 8 bits, and text in another order. */
const HOSTILE =
  '\u001b[31mred\u001b]0;title\u0007\u001b]8;;http://x\u001b\\link\u001b]52;c;aGk=\u0007\u001b[8mhidden\r\b\u007f\u009b2J\u009d0;x\u009c\u202eabc\u2066\u001bc end'
/** What a person sees of its first characters. */
const VISIBLE = '\\x1b[31mred\\x1b]0;title\\x07\\x1b]8;;http://x\\x1b\\link\\x1b]52;c;aGk=\\x07'

// biome-ignore lint/suspicious/noControlCharactersInRegex: the test looks for them
const OBEYED = /[\0-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/

let place: TeamFolder
let ran: Ended
let id: string

function expectSafe({ stdout, stderr }: Ended): void {
  expect(stdout).not.toMatch(OBEYED)
  expect(stderr).not.toMatch(OBEYED)
}

beforeAll(async () => {
  const literal = JSON.stringify(HOSTILE)
  const worker = [
    `${HOSTILE}\n<code>\nconsole.log(${literal}); ${literal}\n</code>`,
    `<code>\nconst error = new Error(${literal}); error.name = ${literal}; throw error\n</code>`,
    `<code>\nfinalAnswer(${literal})\n</code>`,
  ]
  place = await teamFolder(
    { worker: { t1: worker, t2: [`<code>\nnoSuchThing\n</code>`, HOSTILE] } },
    { agents: [{ name: 'worker', level: 5, description: `works ${HOSTILE}` }] },
  )
  await place.bailiwick('up', '--detach')
  ran = await place.bailiwick('run', `${HOSTILE}\nrun r9: completed`, '--agent', 'worker')
  id = JSON.parse((await place.bailiwick('runs', '--json')).stdout).runs[0].run
})
afterAll(async () => {
  await place?.bailiwick('down')
  await place?.[Symbol.asyncDispose]()
})

describe('control characters in a text', () => {
  it('are visible in the progress and the answer of a run', () => {
    expect(ran.code).toBe(0)
    expectSafe(ran)
    expect(ran.stdout).toContain(VISIBLE)
  })

  it.each<string[]>([
    ['runs'],
    ['show', 'ID'],
    ['show', 'ID', '--task', 't1'],
    ['show', 'ID', '--task', 'run'],
    ['events', '--run', 'ID', '--once'],
    ['replay', 'ID', 't1'],
    ['status'],
    ['dead'],
    ['doctor'],
    ['models'],
    // Errors that repeat what the command line says.
    ['show', 'HOSTILE'],
    ['show', 'ID', '--task', 'HOSTILE'],
    ['run', 'x', '--agent', 'HOSTILE'],
    ['run', 'x', '--input', 'HOSTILE'],
    ['run', 'x', '--strategy', 'HOSTILE'],
    ['run', 'x', '--config', 'HOSTILE'],
    ['env', '--role', 'HOSTILE'],
    ['HOSTILE'],
    ['help', 'HOSTILE'],
  ])('are visible in the output of %s %s %s %s, also as JSON', async (...args) => {
    const line = args.map((arg) => ({ ID: id, HOSTILE })[arg] ?? arg)
    expectSafe(await place.bailiwick(...line))
    expectSafe(await place.bailiwick(...line, '--json'))
  })

  it('keep their value in JSON', async () => {
    const { runs } = JSON.parse((await place.bailiwick('runs', '--json')).stdout)
    expect(runs[0].text).toBe(`${HOSTILE}\nrun r9: completed`)
    const shown = JSON.parse((await place.bailiwick('show', id, '--json')).stdout)
    expect(shown.result.answer).toBe(HOSTILE)
  })

  it('are visible at the prompt of the sandbox', async () => {
    const output = new PassThrough()
    const shown = text(output)
    await runSandboxPrompt({
      input: Readable.from([`console.log(${JSON.stringify(HOSTILE)})\n.exit\n`]),
      output,
    })
    output.end()
    expect(await shown).not.toMatch(OBEYED)
    expect(await shown).toContain(VISIBLE)
  })
})

it('lets no line of a text pass for another entry', async () => {
  const { stdout } = await place.bailiwick('show', id)
  expect(stdout).not.toMatch(/^run r9/m)
  expect(stdout).toMatch(/^ {4}run r9: completed$/m)
})

it('keeps control characters out of the live tree', () => {
  let written = ''
  const stream = Object.assign(new EventEmitter(), {
    isTTY: true,
    columns: 60,
    rows: 20,
    write: (text: string) => {
      written += text
      return true
    },
  }) as unknown as NodeJS.WriteStream
  const event = (type: string, data: object) =>
    ({
      type: `dev.bailiwick.${type}.v1`,
      run: 'r1',
      task: 'run',
      time: new Date(0).toISOString(),
      agent: 'a',
      data,
    }) as unknown as CloudEvent
  {
    using screen = openScreen('r1', false, stream)
    const mark = { bytes: 1, sha256: 'x' }
    screen.show(event('run.submitted', { strategy: 'plan', owner: 'user', text: mark, inputs: [] }))
    screen.show(event('run.planned', { tasks: [{ name: HOSTILE, agent: HOSTILE, after: [], inputs: [] }] }))
    screen.note(HOSTILE)
  }
  // Our own sequences move up, clear below, and color the marks.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the test looks for them
  const theirs = written.replaceAll(/\x1b\[\d+A\x1b\[0J|\x1b\[(2|36|39|22)m/g, '')
  expect(theirs).not.toMatch(OBEYED)
  expect(theirs).toContain('\\x1b[31mred')
  for (const line of theirs.split('\n'))
    if (!line.startsWith('\\x1b')) expect(line.length).toBeLessThanOrEqual(60)
})
