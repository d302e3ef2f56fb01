import { type Bus, getArtifact, putArtifact, removeArtifacts, requestRun } from '@bailiwick/bus'
import type { ArtifactRef } from '@bailiwick/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventsUntil, final, type TeamFolder, teamFolder } from './team-folder.ts'

const SUM = `<code>
const text = await readFile({ name: 'data' })
await writeArtifact({ name: 'sum.txt', content: 'x'.repeat(10) })
finalAnswer(text.length)
</code>`

let place: TeamFolder
let alice: Bus
let bob: Bus
let operator: Bus

beforeAll(async () => {
  place = await teamFolder(
    { worker: { t1: [SUM], '*': [final('1')] } },
    { agents: [{ name: 'worker', level: 5, tools: ['readFile', 'writeArtifact'] }] },
  )
  await place.bailiwick('up', '--detach')
  alice = await place.connect('--role', 'user:alice')
  bob = await place.connect('--role', 'user:bob')
  operator = await place.connect('--role', 'user')
})
afterAll(async () => {
  await Promise.all([alice, bob, operator].map((bus) => bus?.close()))
  await place?.[Symbol.asyncDispose]()
})

function upload(bus: Bus, run: string, text: string): Promise<ArtifactRef> {
  return putArtifact(bus, { run, name: 'data.txt', mediaType: 'text/plain', bytes: Buffer.from(text) })
}

const submit = (bus: Bus, id: string, artifact?: ArtifactRef) =>
  requestRun(bus, 'submit', {
    run: id,
    text: 'How long is it?',
    agent: 'worker',
    inputs: artifact === undefined ? [] : [{ name: 'data', description: 'data', artifact }],
  })

describe('a named user', () => {
  it('sees and uses only its own runs and files', async () => {
    expect(alice.user).toBe('user-alice')
    const secret = await upload(alice, 'ra', 'what only alice knows')
    expect(secret.writer).toBe('user-alice')
    await submit(alice, 'ra', secret)
    await eventsUntil(alice, 'ra', 'run.ended')
    const view = await requestRun(alice, 'get', { run: 'ra' })
    expect(view).toMatchObject({ status: 'completed', owner: 'user-alice', result: { answer: 21 } })
    const [file] = view.result?.artifacts ?? []
    expect(file).toMatchObject({ writer: 'toolbox', name: 'sum.txt' })
    expect(file && Buffer.from(await getArtifact(alice, file)).toString()).toBe('xxxxxxxxxx')
    if (file !== undefined) await expect(getArtifact(bob, file)).rejects.toMatchObject({ code: 'refused' })

    // Bob has no access to the run in any way.
    expect(await requestRun(bob, 'list', {})).toEqual({ runs: [] })
    for (const ask of [
      () => requestRun(bob, 'get', { run: 'ra' }),
      () => requestRun(bob, 'journal', { run: 'ra' }),
      () => requestRun(bob, 'cancel', { run: 'ra' }),
      () => requestRun(bob, 'purge', { run: 'ra' }),
      () => requestRun(bob, 'decide', { run: 'ra', task: 't', call: '1.1', decision: 'approve' }),
    ]) {
      await expect(ask()).rejects.toThrow('Expected one of your runs, found "ra"')
    }
    for (const op of ['dead', 'status'] as const) {
      await expect(requestRun(bob, op, {})).rejects.toThrow('is not available to named users')
    }
    await expect(submit(bob, 'ra')).rejects.toThrow('Expected an unused run id, found "ra"')
    // A file must be stored as its reference says.
    const half = await upload(bob, 'rh', 'half')
    const removed = await upload(bob, 'rh', 'gone')
    await removeArtifacts(bob, [removed])
    await expect(submit(bob, 'rh', { ...half, size: 3 })).rejects.toThrow('Expected 3 bytes with sha256')
    await expect(submit(bob, 'rh', removed)).rejects.toThrow('as input data, found no complete file')
    // Bob cannot use Alice's file as an input, and cannot fork her task.
    const own = await upload(bob, 'rb', 'what only bob knows')
    const uploadedElsewhere = await upload(bob, 'rc', 'x')
    for (const ref of [secret, file, uploadedElsewhere, { ...own, key: secret.key }]) {
      await expect(submit(bob, 'rb', ref)).rejects.toThrow(
        'Expected a file that user-bob has uploaded for run rb as input data',
      )
    }
    const fork = { run: 'ra', task: 'ra-t1', at: 0 }
    await expect(requestRun(bob, 'submit', { run: 'rb', text: 'x', agent: 'worker', fork })).rejects.toThrow(
      'Expected one of your runs, found "ra"',
    )
    await expect(
      requestRun(bob, 'submit', { run: 'rb', text: 'x', agent: 'worker', fork: { ...fork, run: '*' } }),
    ).rejects.toThrow(/1 to 63 letters/)
    expect((await requestRun(operator, 'list', {})).runs).toMatchObject([{ run: 'ra' }])
  })

  it('is restricted by the server too', async () => {
    const secret = await upload(alice, 'rd', 'x')
    await expect(getArtifact(bob, secret)).rejects.toMatchObject({ code: 'refused' })
    const complaints: string[] = []
    void (async () => {
      for await (const status of bob.connection.status()) {
        if (status.type === 'error') complaints.push(status.error.message)
      }
    })()
    const tried = [
      'bailiwick.v1.run.get',
      'bailiwick.v1.run.get.user-alice',
      'bailiwick.v1.file.read.user-alice',
      'bailiwick.v1.file.read.user',
      '$JS.API.STREAM.MSG.GET.FILES',
      '$JS.API.STREAM.MSG.GET.RECORDS',
      '$JS.API.STREAM.PURGE.FILES',
      '$JS.API.DIRECT.GET.FILES',
      'bailiwick.v1.stored.file.rd.user-alice.x.0',
    ]
    for (const subject of tried) bob.connection.publish(subject, '{}')
    bob.connection.subscribe('bailiwick.v1.live.>', { callback: () => {} })
    bob.connection.subscribe('_INBOX.user-alice.>', { callback: () => {} })
    await bob.connection.flush()
    await bob.connection.flush()
    expect(complaints.filter((line) => line.includes('Permissions Violation'))).toHaveLength(tried.length + 2)
    expect(Buffer.from(await getArtifact(alice, secret)).toString()).toBe('x')
  })
})
