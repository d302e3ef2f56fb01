import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  cloudEventSchema,
  EVENT_TYPES,
  openJournal,
  permissionsFor,
  projectJournal,
  type RoleGrant,
  userName,
} from '../src/index.ts'
import { created, planned, startTestBus, type TestBus } from './test-bus.ts'

const page = await readFile(new URL('../../../docs/events.md', import.meta.url), 'utf8')
const blocks = (language: string) =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 'gs'))].map(([, code]) => code ?? '')

let test: TestBus
let folder: string
const projecting = new AbortController()
let projected: Promise<void>

beforeAll(async () => {
  // Inside the package, so that the snippets can resolve their imports.
  folder = await mkdtemp(join(import.meta.dirname, '.snippets-'))
  test = await startTestBus()
  const journal = openJournal(test.bus, { writer: 'analyst', run: 'r1', task: 'r1-t1' })
  await journal.append([
    created({ run: 'r1', task: 'r1-t1', agent: 'analyst' }),
    planned('first this, then that'),
  ])
  projected = projectJournal(test.bus, projecting.signal)
})
afterAll(async () => {
  projecting.abort()
  await projected
  await rm(folder, { recursive: true, force: true })
  await test[Symbol.asyncDispose]()
})

describe('docs/events.md', () => {
  it.each([
    ['@nats-io', 0],
    ['nats 2.29', 1],
  ])('has a runnable subscriber of at most fifteen lines for %s', async (_, index) => {
    const code = blocks('js')[index] ?? ''
    expect(code.split('\n').filter((line) => line.trim() !== '').length).toBeLessThanOrEqual(15)
    const grant: RoleGrant = { role: 'reader' }
    const user = await test.server.credentials({ name: userName(grant), permissions: permissionsFor(grant) })
    const creds = join(folder, `${index}.creds`)
    const snippet = join(folder, `${index}.mjs`)
    await Promise.all([writeFile(creds, user.creds), writeFile(snippet, code)])
    const lines = await firstLines(snippet, { NATS_URL: test.server.url, NATS_CREDS: creds }, 2)
    expect(lines).toEqual([
      expect.stringMatching(/^\d+ dev\.bailiwick\.task\.created\.v1 r1 analyst$/),
      expect.stringMatching(/^\d+ dev\.bailiwick\.task\.planned\.v1 r1 analyst$/),
    ])
  })

  it('shows a valid event', () => {
    const example = cloudEventSchema.parse(JSON.parse(blocks('json')[0] ?? ''))
    expect(EVENT_TYPES['task.started'].data.parse(example.data)).toEqual(example.data)
  })

  it('lists exactly the events that exist, with their data', () => {
    const rows = [...page.matchAll(/^\| `([a-z.-]+)` \| (.+) \| (.+) \|$/gm)]
    const listed = rows.map(([, name, summary, data]) => [name, summary, data?.replaceAll(/[`?]/g, '')])
    const known = Object.entries(EVENT_TYPES).map(([name, { summary, data }]) => [
      name,
      summary,
      Object.keys(data.unwrap().shape).join(' '),
    ])
    expect(listed).toEqual(known)
  })
})

/** Runs a program, ends it after `count` lines, and returns them. */
async function firstLines(file: string, env: Record<string, string>, count: number): Promise<string[]> {
  const child = spawn(process.execPath, [file], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  let complaints = ''
  child.stderr.on('data', (data) => {
    complaints += data
  })
  const lines: string[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line)
    if (lines.length === count) break
  }
  child.kill()
  await ended
  expect(complaints).toBe('')
  return lines
}
