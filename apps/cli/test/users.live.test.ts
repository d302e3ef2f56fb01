import {
  askerOn,
  type Bus,
  connectFromEnv,
  eventName,
  followEvents,
  getArtifact,
  putArtifact,
  requestRun,
} from '@bailiwick/bus'
import type { ArtifactRef } from '@bailiwick/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run } from './program.ts'
import { final, type TeamFolder, teamFolder } from './team-folder.ts'

const SUM = `<code>
const text = await readFile({ name: 'data' })
await writeArtifact({ name: 'sum.txt', content: 'x'.repeat(10) })
finalAnswer(text.length)
</code>`

let place: TeamFolder
let alice: Bus
let bob: Bus
let operator: Bus
const bailiwick = (...args: string[]) => run(args, { cwd: place.folder })

beforeAll(async () => {
  place = await teamFolder(
    { worker: { t1: [SUM], '*': [final('1')] } },
    { agents: [{ name: 'worker', level: 5, tools: ['readFile', 'writeArtifact'] }] },
  )
  await bailiwick('up', '--detach')
  const connect = async (role: string) =>
    connectFromEnv(role, JSON.parse((await bailiwick('env', '--role', role, '--json')).stdout))
  alice = await connect('user:alice')
  bob = await connect('user:bob')
  operator = await connect('user')
})
afterAll(async () => {
  await Promise.all([alice, bob, operator].map((bus) => bus?.close()))
  await bailiwick('down')
  await place[Symbol.asyncDispose]()
})

function upload(bus: Bus, key: string, text: string, writer = askerOn(bus)): Promise<ArtifactRef> {
  const file = { writer, key, name: 'data.txt', mediaType: 'text/plain' }
  return putArtifact(bus, { ...file, bytes: Buffer.from(text) }, AbortSignal.timeout(3_000))
}

const submit = (bus: Bus, id: string, artifact?: ArtifactRef) =>
  requestRun(bus, 'submit', {
    run: id,
    text: 'How long is it?',
    agent: 'worker',
    inputs: artifact === undefined ? [] : [{ name: 'data', description: 'data', artifact }],
  })

async function ended(bus: Bus, id: string) {
  for await (const { event } of followEvents(bus, { from: 'beginning', run: id })) {
    if (eventName(event.type) === 'run.ended') return requestRun(bus, 'get', { run: id })
  }
  throw new Error('the events ended')
}

describe('two users with names', () => {
  it('have runs and files of their own', async () => {
    expect(alice.user).toBe('user-alice')
    const secret = await upload(alice, 'ra/data', 'what only alice knows')
    expect(secret.writer).toBe('user-alice')
    await submit(alice, 'ra', secret)
    const view = await ended(alice, 'ra')
    expect(view).toMatchObject({ status: 'completed', owner: 'user-alice', result: { answer: 21 } })
    // The result's file was brought to where she may read it.
    const [file] = view.result?.artifacts ?? []
    expect(file).toMatchObject({ writer: 'user-alice', name: 'sum.txt' })
    expect(file && Buffer.from(await getArtifact(alice, file)).toString()).toBe('xxxxxxxxxx')

    // Bob sees nothing of it, whatever he asks for.
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
    // Nor does he get at her file by naming it as an input of his, or by going on from her task.
    const copied = (await requestRun(operator, 'journal', { run: 'ra' })).records[0]
    const kept = copied?.type === 'run.submitted' ? copied.inputs[0]?.artifact : undefined
    expect(kept).toMatchObject({ writer: 'user', sha256: secret.sha256 })
    for (const ref of [secret, kept]) {
      await expect(submit(bob, 'rb', ref)).rejects.toThrow('a file that bob has uploaded as input data')
    }
    const fork = { run: 'ra', task: 'ra-t1', at: 0 }
    await expect(requestRun(bob, 'submit', { run: 'rb', text: 'x', agent: 'worker', fork })).rejects.toThrow(
      'Expected one of your runs, found "ra"',
    )
    await expect(
      requestRun(bob, 'submit', { run: 'rb', text: 'x', agent: 'worker', fork: { ...fork, run: '*' } }),
    ).rejects.toThrow(/1 to 63 characters/)
    expect((await requestRun(operator, 'list', {})).runs).toMatchObject([{ run: 'ra' }])
  })

  it('are held to it by the server', async () => {
    const secret = await upload(alice, 'ra/other', 'x')
    await expect(getArtifact(bob, secret, AbortSignal.timeout(2_000))).rejects.toThrow()
    for (const writer of ['user-alice', 'user', 'worker']) {
      await expect(upload(bob, 'rb/data', 'x', writer)).rejects.toThrow()
    }
    const complaints: string[] = []
    void (async () => {
      for await (const status of bob.connection.status()) {
        if (status.type === 'error') complaints.push(status.error.message)
      }
    })()
    const tried = [
      'bailiwick.v1.run.get',
      'bailiwick.v1.run.get.user-alice',
      '$JS.API.STREAM.MSG.GET.OBJ_artifact_user-alice',
      '$JS.API.STREAM.MSG.GET.OBJ_artifact_user',
      '$JS.API.STREAM.MSG.GET.OBJ_journal_coordinator',
      '$JS.API.STREAM.PURGE.OBJ_artifact_user-alice',
      '$JS.API.DIRECT.GET.OBJ_artifact_user-alice',
      '$O.artifact_user-alice.M.eA==',
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
