import { InputError, type Level } from '@bailiwick/contract'
import { describe, expect, it } from 'vitest'
import { compactSubjects, covers } from './nats-permissions.ts'
import { permissionsFor, userName } from './permissions-for.ts'

function mayPublish(grant: Parameters<typeof permissionsFor>[0], subject: string): boolean {
  return permissionsFor(grant).publish?.allow?.some((allowed) => covers(allowed, subject)) ?? false
}
function maySubscribe(grant: Parameters<typeof permissionsFor>[0], subject: string): boolean {
  return permissionsFor(grant).subscribe?.allow?.some((allowed) => covers(allowed, subject)) ?? false
}
function host(level: Level, tools: string[] = []) {
  return { role: 'host', agent: 'analyst', level, tools } as const
}

describe('permissionsFor', () => {
  it.each([0, 1, 2, 3, 4, 5] as const)(
    'lets level %i request delegates only from level 4, and in its own name',
    (level) => {
      expect(mayPublish(host(level), 'bailiwick.v1.delegate.analyst')).toBe(level >= 4)
      expect(mayPublish(host(level), 'bailiwick.v1.delegate.writer')).toBe(false)
    },
  )

  it('lets a host append to its own journals and call its granted tools in its own name', () => {
    const grant = host(5, ['queryTable'])
    expect(mayPublish(grant, 'bailiwick.v1.journal.analyst.r1.t1')).toBe(true)
    expect(mayPublish(grant, 'bailiwick.v1.journal.writer.r1.t1')).toBe(false)
    expect(mayPublish(grant, 'bailiwick.v1.tool.queryTable.analyst')).toBe(true)
    expect(mayPublish(grant, 'bailiwick.v1.tool.queryTable.writer')).toBe(false)
    expect(mayPublish(grant, 'bailiwick.v1.tool.readFile.analyst')).toBe(false)
  })

  it('lets readers see events, and texts only if granted', () => {
    const reader = { role: 'reader' } as const
    expect(maySubscribe(reader, 'bailiwick.v1.event.run.ended.user.r1')).toBe(true)
    expect(maySubscribe(reader, 'bailiwick.v1.live.user.analyst.r1.t1')).toBe(false)
    expect(mayPublish(reader, '$JS.API.CONSUMER.CREATE.JOURNAL.x')).toBe(false)
    expect(maySubscribe({ ...reader, prompts: true }, 'bailiwick.v1.live.user.analyst.r1.t1')).toBe(true)
    expect(mayPublish({ ...reader, prompts: true }, '$JS.API.CONSUMER.CREATE.JOURNAL.x')).toBe(true)
  })

  it('gives readers that see prompts inboxes that other readers cannot subscribe to', () => {
    const reader = { role: 'reader' } as const
    for (const other of [reader, { ...reader, name: 'prompts' }, { ...reader, name: 'x' }])
      for (const name of [undefined, 'x', 'prompts']) {
        const own = { ...reader, prompts: true, ...(name !== undefined && { name }) }
        expect(maySubscribe(own, `_INBOX.${userName(own)}.y`)).toBe(true)
        expect(maySubscribe(other, `_INBOX.${userName(own)}.y`)).toBe(false)
      }
  })

  it('rejects the names of fixed users', () => {
    expect(() => permissionsFor({ ...host(5), agent: 'coordinator' })).toThrow(InputError)
    expect(() => permissionsFor({ role: 'tool-host', name: 'toolbox', tools: [] })).toThrow(InputError)
    expect(() => permissionsFor({ ...host(5), agent: 'reader' })).toThrow(InputError)
    expect(() => permissionsFor({ ...host(5), agent: 'user-alice' })).toThrow(InputError)
    for (const agent of ['reader_prompts', 'reader_prompts-x'])
      expect(() => permissionsFor({ ...host(5), agent })).toThrow(InputError)
    expect(userName({ role: 'user', name: 'coordinator' })).toBe('user-coordinator')
    expect(() => permissionsFor({ ...host(5), agent: 'a.b' })).toThrow(InputError)
  })
})

describe('compactSubjects', () => {
  it('drops subjects that a wildcard covers', () => {
    expect(compactSubjects(['a.*', 'a.b', 'a.b.c', 'a.b', 'd.>', 'd.e.f', 'd'])).toEqual([
      'a.*',
      'a.b.c',
      'd',
      'd.>',
    ])
  })
})
