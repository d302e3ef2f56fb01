import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type Bus,
  CHUNK_BYTES,
  encodeFrame,
  getArtifact,
  MAX_FILE_BYTES,
  openJournal,
  putArtifact,
  SUBJECTS,
  serveFiles,
} from '../src/index.ts'
import { type HostileBed, openHostileBed } from './hostile/hostile-bed.ts'
import { until } from './test-bus.ts'

let bed: HostileBed
let toolbox: Bus
let user: Bus
beforeAll(async () => {
  bed = await openHostileBed()
  toolbox = await bed.connectAs({ role: 'toolbox', tools: [] })
  user = await bed.connectAs({ role: 'user' })
})
afterAll(() => bed?.[Symbol.asyncDispose]())

const file = { run: 'r1', name: 'a.txt', mediaType: 'text/plain', bytes: Buffer.from('one') }

const storedMessages = async () => (await bed.test.bus.jsm.streams.info('FILES')).state.messages

describe('without a toolbox', () => {
  it('an upload says what it waits for, and fails in the end', async () => {
    const told: string[] = []
    const remove = user.waits.onWait((what) => told.push(what))
    await expect(putArtifact(user, file, { maxAwayMs: 2_500 })).rejects.toMatchObject({
      code: 'no-toolbox',
      message: expect.stringMatching(
        /expected a reply of the toolbox within 2\.5 s, found no toolbox.*bailiwick up/,
      ),
    })
    remove()
    expect(told).toEqual(['Waiting for the toolbox, which stores files.'])
  })

  it('an upload can be aborted at once', async () => {
    const controller = new AbortController()
    const patient = await bed.connectAs({ role: 'user' })
    const told = Promise.withResolvers<void>()
    patient.waits.onWait(() => told.resolve())
    const uploading = putArtifact(patient, file, { signal: controller.signal })
    uploading.catch(() => {})
    await told.promise
    const abortedAt = performance.now()
    controller.abort(new Error('enough'))
    await expect(uploading).rejects.toThrow('enough')
    expect(performance.now() - abortedAt).toBeLessThan(3_000)
  })

  it('an upload continues when the toolbox comes back, also in the middle', async () => {
    const bytes = Buffer.alloc(30 * CHUNK_BYTES, 'abc')
    let first: AsyncDisposable | undefined = await serveFiles(toolbox)
    let second: PromiseLike<AsyncDisposable> | undefined
    const ref = await putArtifact(
      user,
      { ...file, bytes },
      {
        onProgress() {
          second ??= first?.[Symbol.asyncDispose]().then(() => serveFiles(toolbox))
          first = undefined
        },
      },
    )
    expect(Buffer.from(await getArtifact(user, ref)).equals(bytes)).toBe(true)
    await (await second)?.[Symbol.asyncDispose]()
  })
})

it('an upload through several toolboxes is one file', async () => {
  await using _first = await serveFiles(toolbox)
  await using _second = await serveFiles(await bed.connectAs({ role: 'toolbox', tools: [] }))
  const bytes = Buffer.alloc(30 * CHUNK_BYTES + 5, 'abc')
  for (let n = 0; n < 5; n += 1) {
    const ref = await putArtifact(user, { ...file, bytes })
    expect(Buffer.from(await getArtifact(user, ref)).equals(bytes)).toBe(true)
  }
})

describe('a toolbox that lies', () => {
  it.each([
    ['nonsense', Buffer.from('what?'), 'bad-reply'],
    ['nothing', Buffer.alloc(0), 'bad-reply'],
    ['other bytes', encodeFrame({ ok: true }, Buffer.from('two')), 'bad-artifact'],
    ['fewer bytes', encodeFrame({ ok: true }, Buffer.from('on')), 'bad-artifact'],
    ['more bytes', encodeFrame({ ok: true }, Buffer.from('one more')), 'bad-artifact'],
  ])('with %s gives a clear error', async (_, reply, code) => {
    const real = await serveFiles(toolbox)
    const ref = await putArtifact(user, file)
    await real[Symbol.asyncDispose]()
    const liar = toolbox.connection.subscribe(SUBJECTS.file('read', '*'), {
      callback: (_error, message) => void message.respond(reply),
    })
    await toolbox.connection.flush()
    await expect(getArtifact(user, ref)).rejects.toMatchObject({ code })
    liar.unsubscribe()
    await toolbox.connection.flush()
  })
})

describe('what a client that died leaves behind', () => {
  const about = { name: 'x.bin', mediaType: 'application/octet-stream' }

  it('is deleted: files that are not complete, and complete ones whose run was never submitted', async () => {
    const run = 'swept'
    await bed.test.bus.jsm.streams.purge('FILES')
    const files = await serveFiles(toolbox)
    const dying = await bed.connectAs({ role: 'user', name: 'dying' })
    const begun = Promise.withResolvers<void>()
    async function* hanging() {
      yield Buffer.alloc(2 * CHUNK_BYTES)
      begun.resolve()
      await new Promise(() => {})
    }
    putArtifact(dying, { ...about, run, stream: hanging() }).catch(() => {})
    await begun.promise
    await until(async () => (await storedMessages()) === 2, 'two chunks')
    await putArtifact(dying, { ...about, run: 'unsubmitted', bytes: Buffer.from('x') })
    const kept = await putArtifact(dying, { ...about, run: 'kept', bytes: Buffer.from('kept') })
    const submitted = { owner: 'user-dying', text: 'x', inputs: [], strategy: 'direct' as const, budget: {} }
    await openJournal(bed.test.bus, { writer: 'coordinator', run: 'kept', task: 'run' }).append([
      { type: 'run.submitted', at: 0, run: 'kept', ...submitted },
    ])
    await dying.close()
    await files[Symbol.asyncDispose]()
    expect(await storedMessages()).toBe(6)

    // The default times keep what may still be in use.
    await using _patient = await serveFiles(toolbox)
    await until(async () => (await storedMessages()) === 6, 'nothing to be deleted')
    await using _eager = await serveFiles(toolbox, { maxIdleMs: 0, maxUnsubmittedMs: 0, sweepEveryMs: 50 })
    await until(async () => (await storedMessages()) === 2, 'all but the submitted file to be deleted')
    expect(Buffer.from(await getArtifact(user, kept)).toString()).toBe('kept')
  })
})

it('refuses a file that grows over the limit while it is read, and keeps nothing of it', async () => {
  await using _ = await serveFiles(toolbox)
  await bed.test.bus.jsm.streams.purge('FILES')
  async function* endless() {
    for (;;) yield Buffer.alloc(CHUNK_BYTES)
  }
  const growing = { run: 'r1', name: 'x', mediaType: 'text/plain', stream: endless() }
  await expect(putArtifact(user, growing, { maxBytes: 20 * CHUNK_BYTES })).rejects.toThrow(
    'Expected a file of at most 2.6 MB, found the file with 2.8 MB or more. Split it.',
  )
  expect(MAX_FILE_BYTES).toBe(2 ** 30)
  expect(await storedMessages()).toBe(0)
})
