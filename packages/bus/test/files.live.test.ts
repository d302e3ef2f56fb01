import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { type ArtifactRef, type JournalRecord, NO_USAGE, RefusedError } from '@bailiwick/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Bus } from '../src/index.ts'
import {
  CHUNK_BYTES,
  decodeFrame,
  encodeFrame,
  type FileCaller,
  type FileKey,
  formatKey,
  getArtifact,
  namedUser,
  openJournal,
  parseKey,
  prepareQueue,
  purgeRun,
  putArtifact,
  putFile,
  type RoleGrant,
  ringTask,
  SUBJECTS,
  serveFiles,
  serveTool,
  takeTasks,
} from '../src/index.ts'
import { type HostileBed, openHostileBed } from './hostile/hostile-bed.ts'
import { created, take, until } from './test-bus.ts'

let bed: HostileBed
let toolbox: Bus
let files: AsyncDisposable
let alice: Bus
let bob: Bus
let operator: Bus
let analyst: Bus
let geography: Bus

const CSV = 'a,b\n1,2\n'

beforeAll(async () => {
  bed = await openHostileBed()
  toolbox = await bed.connectAs({ role: 'toolbox', tools: [] })
  files = await serveFiles(toolbox)
  alice = await bed.connectAs({ role: 'user', name: 'alice' })
  bob = await bed.connectAs({ role: 'user', name: 'bob' })
  operator = await bed.connectAs({ role: 'user' })
  analyst = await bed.connectAs({ role: 'host', agent: 'analyst', level: 5, tools: ['population'] })
  geography = await bed.connectAs({ role: 'tool-host', name: 'geography', tools: ['population'] })
})
afterAll(async () => {
  await files?.[Symbol.asyncDispose]()
  await bed?.[Symbol.asyncDispose]()
})

const file = (run: string, text = CSV) => ({
  run,
  name: 'Übersicht.csv',
  mediaType: 'text/csv',
  bytes: Buffer.from(text),
})
const textOf = async (bus: Bus, ref: ArtifactRef, as?: FileCaller) =>
  Buffer.from(await getArtifact(bus, ref, as === undefined ? {} : { as })).toString()
const refused = (work: Promise<unknown>) => expect(work).rejects.toBeInstanceOf(RefusedError)

async function submit(run: string, owner: string, fork?: { run: string; task: string; at: number }) {
  const submitted: JournalRecord = {
    type: 'run.submitted',
    at: 0,
    run,
    owner,
    text: 'x',
    inputs: [],
    strategy: 'direct',
    budget: {},
    ...(fork !== undefined && { fork }),
  }
  await openJournal(bed.test.bus, { writer: 'coordinator', run, task: 'run' }).append([submitted])
}

/** Creates a task and puts it into its agent's queue. */
async function open(run: string, agent: string): Promise<FileCaller & { agent: string; task: string }> {
  const task = `${run}-${agent}`
  await openJournal(bed.test.bus, { writer: agent, run, task }).append([created({ run, task, agent })])
  await ringTask(bed.test.bus, { agent, run, task, ring: 1 })
  return { agent, task }
}

async function messagesOf(run: string): Promise<number> {
  const filter = `bailiwick.v1.stored.*.${run}.>`
  const { state } = await bed.test.bus.jsm.streams.info('FILES', { subjects_filter: filter })
  return Object.values(state.subjects ?? {}).reduce((sum, count) => sum + count, 0)
}

/** Another key for a file's bytes, as an intruder may write it. */
function withKey(ref: ArtifactRef, change: Partial<FileKey>): ArtifactRef {
  const key = parseKey(ref.key)
  if (key === undefined) throw new Error(`no key: ${ref.key}`)
  return { ...ref, key: formatKey({ ...key, ...change }) }
}

describe('a named user', () => {
  it('reads and removes its own files before and after the submission, and nobody else does', async () => {
    const ref = await putArtifact(alice, file('ra1'))
    expect(ref).toMatchObject({ writer: 'user-alice', name: 'Übersicht.csv', size: 8 })
    expect(await textOf(alice, ref)).toBe(CSV)
    await refused(textOf(bob, ref))
    await submit('ra1', namedUser('alice'))
    expect(await textOf(alice, ref)).toBe(CSV)
    expect(await textOf(operator, ref)).toBe(CSV)
    await refused(textOf(bob, ref))
    await refused(textOf(bob, ref, { user: namedUser('bob') }))
    await refused(textOf(analyst, ref, { agent: 'analyst', task: 'ra1-analyst' }))
    await refused(
      textOf(geography, ref, { host: 'geography', tool: 'population', agent: 'analyst', task: 'x' }),
    )
  })

  it('cannot ask in the name of another user', async () => {
    const ref = await putArtifact(alice, file('ra2'))
    for (const user of [namedUser('alice'), 'user', 'toolbox', 'coordinator', 'reader_prompts']) {
      await expect(textOf(bob, ref, { user })).rejects.toMatchObject({ code: 'bus-forbidden' })
    }
    for (const as of [
      { agent: 'analyst', task: 't' },
      { host: 'geography', tool: 'population', agent: 'analyst', task: 't' },
    ]) {
      await expect(textOf(bob, ref, as)).rejects.toMatchObject({ code: 'bus-forbidden' })
    }
  })

  it('cannot write into the run of another user, nor under another name', async () => {
    await submit('ra3', namedUser('alice'))
    await refused(putArtifact(bob, file('ra3')))
    const other = { kind: 'file', scope: 'rb3', owner: namedUser('alice') } as const
    await refused(putFile(bob, other, file('rb3')))
    for (const kind of ['call', 'record', 'reply'] as const) {
      await refused(putFile(bob, { kind, scope: 'rb3', owner: namedUser('bob') }, file('rb3')))
    }
    expect(await messagesOf('ra3')).toBe(0)
    expect(await messagesOf('rb3')).toBe(0)
  })

  it('keeps no access through files that it uploaded for a run that another user then submitted', async () => {
    const ref = await putArtifact(bob, file('ra4'))
    await submit('ra4', namedUser('alice'))
    await refused(textOf(bob, ref))
    await refused(putArtifact(bob, file('ra4')))
  })

  it('does not find a file under another run, owner or kind', async () => {
    const ref = await putArtifact(alice, file('ra5'))
    await submit('ra5', namedUser('alice'))
    await submit('rb5', namedUser('bob'))
    await expect(textOf(bob, withKey(ref, { scope: 'rb5' }))).rejects.toMatchObject({ code: 'bad-artifact' })
    await refused(textOf(bob, withKey(ref, { owner: namedUser('bob') })))
    await refused(textOf(bob, withKey(ref, { kind: 'call' })))
    await refused(textOf(bob, withKey(ref, { kind: 'record' })))
    await refused(textOf(bob, withKey(ref, { kind: 'reply' })))
    for (const key of ['', 'x', '*', 'file/*/user/x', 'file/ra5/*/x', `${ref.key}/x`, `../${ref.key}`]) {
      await expect(textOf(bob, { ...ref, key })).rejects.toMatchObject({ code: 'bad-artifact' })
    }
  })
})

describe('a host', () => {
  it('reads the files of the run of its open task, and of no other run', async () => {
    const own = await putArtifact(alice, file('rh1'))
    const other = await putArtifact(bob, file('rh2'))
    await submit('rh1', namedUser('alice'))
    await submit('rh2', namedUser('bob'))
    const as = await open('rh1', 'analyst')
    await open('rh2', 'writer')
    expect(await textOf(analyst, own, as)).toBe(CSV)
    await refused(textOf(analyst, other, as))
    await refused(textOf(analyst, other, { agent: 'analyst', task: 'rh2-writer' }))
    await refused(textOf(analyst, own, { agent: 'analyst', task: 'rh2-analyst' }))
    await expect(textOf(analyst, other, { agent: 'writer', task: 'rh2-writer' })).rejects.toMatchObject({
      code: 'bus-forbidden',
    })
    await expect(textOf(analyst, other, { user: 'user' })).rejects.toMatchObject({ code: 'bus-forbidden' })
  })

  it('reads the files of runs from which its run was forked', async () => {
    const ref = await putArtifact(alice, file('rf1'))
    await submit('rf1', namedUser('alice'))
    await submit('rf2', namedUser('alice'), { run: 'rf1', task: 'rf1-analyst', at: 1 })
    await submit('rf3', namedUser('alice'), { run: 'rf2', task: 'rf2-analyst', at: 1 })
    expect(await textOf(analyst, ref, await open('rf3', 'analyst'))).toBe(CSV)
    const unrelated = await putArtifact(alice, file('rf4'))
    await refused(textOf(analyst, unrelated, { agent: 'analyst', task: 'rf3-analyst' }))
  })

  it('reads nothing when its task has ended', async () => {
    await prepareQueue(bed.test.bus, 'shortlived')
    const host = await bed.connectAs({ role: 'host', agent: 'shortlived', level: 5, tools: [] })
    const ref = await putArtifact(alice, file('re1'))
    await submit('re1', namedUser('alice'))
    const as = await open('re1', 'shortlived')
    const [delivery] = await take(takeTasks(host, 'shortlived'), 1)
    expect(await textOf(host, ref, as)).toBe(CSV)
    const { agent, task } = as
    const journal = openJournal(host, { writer: agent, run: 're1', task })
    for await (const _ of journal.read());
    await journal.append([
      { type: 'task.ended', at: 1, status: 'completed', usage: NO_USAGE, artifacts: [ref] },
    ])
    delivery?.ack()
    const isOpen = async () => (await textOf(host, ref, as).catch(() => undefined)) !== undefined
    await until(async () => !(await isOpen()), 'the bell to be gone')
    await refused(textOf(host, ref, as))
  })

  it('writes no files, and no records for other agents or runs', async () => {
    const as = await open('rw1', 'analyst')
    await refused(putFile(analyst, { kind: 'file', scope: 'rw1', owner: 'analyst' }, file('rw1'), { as }))
    await refused(putFile(analyst, { kind: 'record', scope: 'rw1', owner: 'writer' }, file('rw1'), { as }))
    await refused(putFile(analyst, { kind: 'record', scope: 'rw2', owner: 'analyst' }, file('rw1'), { as }))
    await refused(putFile(analyst, { kind: 'call', scope: 'rw2', owner: 'population' }, file('rw1'), { as }))
    await refused(putFile(analyst, { kind: 'reply', scope: 'user', owner: 'analyst' }, file('rw1'), { as }))
  })

  it('journals large records only for its open tasks', async () => {
    const as = await open('rl1', 'analyst')
    const large: JournalRecord = { type: 'task.planned', at: 0, step: 1, text: 'x'.repeat(400_000) }
    const journal = openJournal(analyst, { writer: 'analyst', run: 'rl1', task: as.task })
    for await (const _ of journal.read());
    await journal.append([large])
    const reader = await bed.connectAs({ role: 'reader', prompts: true })
    for (const bus of [analyst, bed.test.bus, reader]) {
      const records: JournalRecord[] = []
      for await (const record of openJournal(bus, { writer: 'analyst', run: 'rl1', task: as.task }).read())
        records.push(record)
      expect(records.at(-1)).toEqual(large)
    }
    const unknown = openJournal(analyst, { writer: 'analyst', run: 'rl1', task: 'no-task' })
    await expect(unknown.append([large])).rejects.toMatchObject({ code: 'fenced' })
  })
})

describe('a tool host', () => {
  it('reads the arguments of calls of its tool while the task is open, and nothing else', async () => {
    const as = await open('rt1', 'analyst')
    const place = { kind: 'call', scope: 'rt1', owner: 'population' } as const
    const argument = await putFile(analyst, place, file('rt1'), { as })
    const secret = await putFile(analyst, { ...place, owner: 'other_tool' }, file('rt1'), { as })
    const upload = await putArtifact(operator, file('rt1'))
    const serving = { host: 'geography', tool: 'population', ...as }
    expect(await textOf(geography, argument, serving)).toBe(CSV)
    await refused(textOf(geography, secret, serving))
    await refused(textOf(geography, upload, serving))
    await refused(textOf(geography, argument, { ...serving, task: 'no-task' }))
    await refused(textOf(geography, argument, { ...serving, agent: 'writer' }))
    await expect(textOf(geography, secret, { ...serving, tool: 'other_tool' })).rejects.toMatchObject({
      code: 'bus-forbidden',
    })
    await expect(textOf(geography, upload, as)).rejects.toMatchObject({ code: 'bus-forbidden' })
    await expect(textOf(geography, upload)).rejects.toMatchObject({ code: 'bus-forbidden' })
    const result = await putFile(geography, place, file('rt1', 'the result'), { as: serving })
    expect(await textOf(analyst, result, as)).toBe('the result')
    await refused(putFile(geography, { ...place, scope: 'rt2' }, file('rt2'), { as: serving }))
    await refused(putFile(geography, { ...place, kind: 'file' }, file('rt1'), { as: serving }))
  })
})

describe('the toolbox, as a host of tools', () => {
  it('takes no file of its choice for an argument from a caller', async () => {
    const host = await bed.connectAs({ role: 'host', agent: 'analyst', level: 5, tools: ['peek'] })
    const peek = {
      name: 'peek',
      description: '-',
      input: {},
      effect: 'none' as const,
      run: async (input: unknown) => input,
    }
    const bus = await bed.connectAs({ role: 'toolbox', tools: ['peek'] })
    await using _ = await serveTool(bus, peek)
    const as = await open('rd2', 'analyst')
    const json = (run: string, text: string) => ({ ...file(run, text), name: 'x.json' })
    const upload = await putArtifact(alice, json('rd3', '{"secret":1}'))
    const place = { kind: 'call', scope: 'rd2', owner: 'peek' } as const
    const argument = await putFile(host, place, json('rd2', '{"own":1}'), { as })
    const otherRun = await open('rd4', 'writer')
    const foreign = await putFile(bed.writer, { ...place, scope: 'rd4' }, json('rd4', '{"secret":2}'), {
      as: otherRun,
    })
    const peekAt = async (inputArtifact: ArtifactRef) => {
      const request = { id: '1', key: inputArtifact.key, run: 'rd2', task: as.task, inputArtifact }
      const reply = await host.connection.request(SUBJECTS.tool('peek', 'analyst'), JSON.stringify(request))
      return reply.json()
    }
    expect(await peekAt(argument)).toEqual({ ok: true, value: { own: 1 } })
    for (const ref of [
      upload,
      foreign,
      withKey(foreign, { scope: 'rd2' }),
      withKey(upload, { kind: 'call' }),
    ]) {
      expect(await peekAt(ref)).toMatchObject({ ok: false })
    }
  })
})

describe('a reader', () => {
  it.each([[false], [true]])('reads no files (prompts: %s)', async (prompts) => {
    const grant: RoleGrant = { role: 'reader', name: 'x', prompts }
    const reader = await bed.connectAs(grant)
    const ref = await putArtifact(operator, file('rr1'))
    const reading = textOf(reader, ref, { user: prompts ? 'reader_prompts-x' : 'reader-x' })
    if (prompts) await refused(reading)
    else await expect(reading).rejects.toMatchObject({ code: 'bus-forbidden' })
  })
})

describe('a file', () => {
  it.each([0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 20 * CHUNK_BYTES + 7])(
    'of %i bytes comes back as it was stored, from bytes and from a stream of odd pieces',
    async (size) => {
      const bytes = randomBytes(size)
      async function* pieces() {
        for (let at = 0; at < size; at += 50_001) yield bytes.subarray(at, at + 50_001)
      }
      const about = { run: 'rs1', name: 'x.bin', mediaType: 'application/octet-stream' }
      const told: number[] = []
      const ref = await putArtifact(
        operator,
        { ...about, stream: pieces() },
        { onProgress: (stored) => told.push(stored) },
      )
      expect(ref.size).toBe(size)
      expect(Buffer.from(await getArtifact(operator, ref)).equals(bytes)).toBe(true)
      expect(told.at(-1) ?? 0).toBe(size)
      const again = await putArtifact(operator, { ...about, bytes })
      expect({ ...again, key: ref.key }).toEqual(ref)
    },
  )

  it('leaves nothing behind if its stream fails or is aborted, and if it is removed', async () => {
    const about = { run: 'rz1', name: 'x.bin', mediaType: 'application/octet-stream' }
    async function* failing() {
      for (let n = 0; n < 40; n += 1) yield Buffer.alloc(CHUNK_BYTES, n)
      throw new Error('the disk broke')
    }
    await expect(putArtifact(alice, { ...about, stream: failing() })).rejects.toThrow('the disk broke')
    expect(await messagesOf('rz1')).toBe(0)
    const controller = new AbortController()
    async function* endless() {
      for (;;) yield Buffer.alloc(CHUNK_BYTES)
    }
    let stored = 0
    const uploading = putArtifact(
      alice,
      { ...about, stream: endless() },
      {
        signal: controller.signal,
        onProgress(bytes) {
          stored = bytes
          if (bytes > 20 * CHUNK_BYTES) controller.abort(new Error('enough'))
        },
      },
    )
    await expect(uploading).rejects.toThrow('enough')
    expect(stored).toBeGreaterThan(20 * CHUNK_BYTES)
    expect(await messagesOf('rz1')).toBe(0)
  })

  it('ends at once when it is aborted while its stream hangs, and leaves nothing behind', async () => {
    const controller = new AbortController()
    const hangs = Promise.withResolvers<void>()
    async function* hanging() {
      yield Buffer.alloc(3 * CHUNK_BYTES)
      hangs.resolve()
      await new Promise(() => {})
    }
    const about = { run: 'rz2', name: 'x.bin', mediaType: 'application/octet-stream' }
    const uploading = putArtifact(alice, { ...about, stream: hanging() }, { signal: controller.signal })
    uploading.catch(() => {})
    await hangs.promise
    const abortedAt = performance.now()
    controller.abort(new Error('enough'))
    await expect(uploading).rejects.toThrow('enough')
    expect(performance.now() - abortedAt).toBeLessThan(5_000)
    expect(await messagesOf('rz2')).toBe(0)
  })

  it('is not visible before it is complete, and is refused if it differs from its digest', async () => {
    const ref = await putArtifact(operator, file('rv1'))
    const key = parseKey(ref.key)
    if (key === undefined) throw new Error('no key')
    const gone = withKey(ref, { id: '0'.repeat(32) })
    await expect(textOf(operator, gone)).rejects.toMatchObject({ code: 'bad-artifact' })
    await expect(textOf(operator, { ...ref, sha256: '0'.repeat(64) })).rejects.toMatchObject({
      code: 'bad-artifact',
    })
    await expect(textOf(operator, { ...ref, size: 7 })).rejects.toMatchObject({ code: 'bad-artifact' })
  })

  it('is refused if it is finished with another digest or size, and with missing or short chunks', async () => {
    const ask = async (op: 'write' | 'finish', head: object, bytes?: Uint8Array) => {
      const subject = SUBJECTS.file(op, namedUser('alice'))
      const reply = await alice.connection.request(subject, encodeFrame(head, bytes))
      return decodeFrame(reply.data).head
    }
    const whole = Buffer.alloc(CHUNK_BYTES, 'a')
    const end = Buffer.from('end')
    const about = { name: 'x', mediaType: 'text/plain' }
    const digestOf = (...parts: Uint8Array[]) => {
      const all = Buffer.concat(parts)
      return { ...about, size: all.length, sha256: createHash('sha256').update(all).digest('hex') }
    }
    const right = digestOf(whole, end)
    for (const [chunks, entry] of [
      [[whole, end], { ...right, sha256: '0'.repeat(64) }],
      [[whole, end], { ...right, size: right.size - 1 }],
      [[whole], right],
      [[undefined, end], right],
      [[end, whole], digestOf(end, whole)],
    ] as const) {
      const id = randomUUID().replaceAll('-', '')
      const key = formatKey({ kind: 'file', scope: 'rd1', owner: namedUser('alice'), id })
      for (const [index, chunk] of chunks.entries()) {
        if (chunk !== undefined) expect(await ask('write', { key, index }, chunk)).toEqual({ ok: true })
      }
      expect(await ask('finish', { key, entry })).toMatchObject({
        ok: false,
        error: { code: 'bad-artifact' },
      })
      expect(await messagesOf('rd1')).toBe(0)
      await expect(textOf(alice, { writer: 'x', key, ...entry })).rejects.toMatchObject({
        code: 'bad-artifact',
      })
    }
    const key = formatKey({ kind: 'file', scope: 'rd1', owner: namedUser('alice'), id: 'a'.repeat(32) })
    // A file that is complete stays as it is.
    expect(await ask('write', { key, index: 0 }, end)).toEqual({ ok: true })
    expect(await ask('finish', { key, entry: digestOf(end) })).toEqual({ ok: true })
    expect(await ask('finish', { key, entry: digestOf(end) })).toEqual({ ok: true })
    expect(await ask('write', { key, index: 0 }, Buffer.from('new'))).toEqual({ ok: true })
    expect(await ask('finish', { key, entry: digestOf(Buffer.from('new')) })).toMatchObject({ ok: false })
    expect(await textOf(alice, { writer: 'x', key, ...digestOf(end) })).toBe('end')
    for (const [index, bytes] of [
      [0, Buffer.alloc(CHUNK_BYTES + 1)],
      [0, Buffer.alloc(0)],
      [-1, end],
      [1e9, end],
    ] as const) {
      expect(await ask('write', { key, index }, bytes)).toMatchObject({ ok: false })
    }
  })

  it('is deleted with its run', async () => {
    const ref = await putArtifact(operator, file('rp1'))
    expect(await messagesOf('rp1')).toBe(2)
    await purgeRun(bed.test.bus, 'rp1')
    expect(await messagesOf('rp1')).toBe(0)
    await expect(textOf(operator, ref)).rejects.toMatchObject({ code: 'bad-artifact' })
  })
})
