import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RoleGrant, userName } from '../../src/index.ts'
import { ANALYST, type HostileBed, type Intruder, openHostileBed } from './hostile-bed.ts'

const ROLES: readonly RoleGrant[] = [
  ANALYST,
  { ...ANALYST, level: 5, serves: ['own_tool'] },
  { role: 'tool-host', name: 'geography', tools: ['population'] },
  { role: 'user' },
  { role: 'user', name: 'bob' },
  { role: 'reader' },
  { role: 'reader', prompts: true },
]

/** Streams that hold files and large records, whatever they are called. */
const HOLDS_FILES = /^(OBJ_|FILES|RECORDS)/

let bed: HostileBed
let streams: { name: string; subjects: string[] }[] = []
beforeAll(async () => {
  bed = await openHostileBed()
  const found: typeof streams = []
  for await (const { config } of bed.test.bus.jsm.streams.list()) {
    if (HOLDS_FILES.test(config.name)) found.push({ name: config.name, subjects: config.subjects })
  }
  streams = found
})
afterAll(() => bed?.[Symbol.asyncDispose]())

/** Every way to read, write, list or delete in a stream. */
function attempts({ name, subjects }: { name: string; subjects: string[] }): string[] {
  const stored = subjects.map((subject) => subject.replace('>', 'file.r1.user.x.0'))
  return [
    `$JS.API.STREAM.MSG.GET.${name}`,
    `$JS.API.STREAM.MSG.DELETE.${name}`,
    `$JS.API.STREAM.PURGE.${name}`,
    `$JS.API.STREAM.INFO.${name}`,
    `$JS.API.STREAM.UPDATE.${name}`,
    `$JS.API.STREAM.DELETE.${name}`,
    `$JS.API.STREAM.SNAPSHOT.${name}`,
    `$JS.API.DIRECT.GET.${name}`,
    `$JS.API.CONSUMER.CREATE.${name}`,
    `$JS.API.CONSUMER.CREATE.${name}.spy`,
    `$JS.API.CONSUMER.DURABLE.CREATE.${name}.spy`,
    `$JS.API.CONSUMER.MSG.NEXT.${name}.spy`,
    `$JS.API.CONSUMER.DELETE.${name}.spy`,
    `$JS.API.CONSUMER.NAMES.${name}`,
    `$JS.API.CONSUMER.INFO.${name}.spy`,
    `$JS.FC.${name}.spy.x`,
    `$JS.ACK.${name}.spy.1.1.1.1.0`,
    ...stored,
    ...stored.map((subject) => `$JS.API.DIRECT.GET.${name}.${subject}`),
    ...stored.map((subject) => `$JS.API.CONSUMER.CREATE.${name}.spy.${subject}`),
  ]
}

describe.each(ROLES.map((grant) => [userName(grant), grant] as const))('a user as %s', (_, grant) => {
  let intruder: Intruder
  beforeAll(async () => {
    intruder = await bed.intrudeAs(grant)
  })

  it('has no rights on streams that hold files', async () => {
    expect(streams.length).toBeGreaterThan(0)
    const allowed: string[] = []
    for (const stream of streams) {
      for (const subject of attempts(stream)) {
        if (!(await intruder.publishes(subject, '{}')).includes('Permissions Violation'))
          allowed.push(subject)
      }
      for (const subject of stream.subjects) {
        if (!(await intruder.subscribes(subject)).includes('Permissions Violation')) allowed.push(subject)
      }
    }
    expect(allowed).toEqual([])
  })
})
