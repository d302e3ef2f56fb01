import { rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { followExcessReaders, listTools, remoteTool } from '@bailiwick/bus'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  type Client,
  cancelRun,
  connect,
  decideCall,
  eventName,
  getArtifact,
  getRun,
  listRuns,
  newRunId,
  offerTool,
  submitRun,
  waitForRun,
  watchRun,
} from '../src/index.ts'
import { type Bed, startBed } from './bed.ts'

let bed: Bed
let client: Client
beforeAll(async () => {
  bed = await startBed()
  client = await bed.connect({ role: 'user' })
})
afterAll(() => bed?.[Symbol.asyncDispose]())

describe('connect', () => {
  it('reads the address and the credentials from the environment', async () => {
    const { url, creds } = await bed.connectOptions({ role: 'user' })
    const file = join(tmpdir(), `${newRunId()}.creds`)
    await writeFile(file, creds, { mode: 0o600 })
    await using other = await connect({ env: { NATS_URL: url, NATS_CREDS: file } })
    await rm(file)
    expect(await listRuns(other)).toEqual(expect.any(Array))
    await expect(connect({ env: {} })).rejects.toMatchObject({ code: 'bad-input' })
  })
})

describe('submitRun', () => {
  it('stores files with the run, and describes them', async () => {
    const csv = 'a,b\n1,2\n'
    const files = {
      'Seattle weather.csv': csv,
      'logo.png': new Uint8Array([137, 80, 0, 1]),
      '2024.txt': { content: 'hello', mediaType: 'text/x-greeting' },
    }
    const { run, duplicate } = await submitRun(client, { text: 'Count.', files, values: { limit: 3 } })
    expect(run).toMatch(/^r[a-z2-7]{12}$/)
    expect(duplicate).toBe(false)
    const [weather, logo, year, limit] = bed.submitted.get(run)?.inputs ?? []
    expect(weather).toMatchObject({
      name: 'Seattle_weather',
      artifact: { writer: 'user', name: 'Seattle weather.csv', mediaType: 'text/csv', size: csv.length },
      description: expect.stringMatching(
        /^Seattle_weather: Seattle weather\.csv, text\/csv, 8 bytes, 1 rows × 2 columns\n {2}a: integer, 1 to 1/,
      ),
    })
    expect(logo?.description).toBe('logo: logo.png, image/png, 4 bytes')
    expect(year).toMatchObject({ name: '_2024', artifact: { mediaType: 'text/x-greeting' } })
    expect(limit).toEqual({ name: 'limit', value: 3, description: 'limit: number 3' })
    const kept = weather?.artifact && (await getArtifact(bed.coordinator, weather.artifact))
    expect(Buffer.from(kept ?? []).toString()).toBe(csv)
  })

  it('renames a file whose name code cannot use, and rejects such a value', async () => {
    const { run } = await submitRun(client, {
      text: 'x',
      files: { 'class.csv': 'a', 'observations.csv': 'b' },
    })
    const names = bed.submitted.get(run)?.inputs?.map(({ name }) => name)
    expect(names).toEqual(['class_file', 'observations_file'])
    await expect(submitRun(client, { text: 'x', values: { class: 1 } })).rejects.toMatchObject({
      code: 'bad-input',
      message: 'Expected an input name that code does not use yet, found "class". Choose another name.',
    })
  })

  it('starts one run if an id is submitted twice, even with different files', async () => {
    const run = newRunId()
    const first = await submitRun(client, { run, text: 'Count.', files: { 'a.txt': 'one' } })
    const second = await submitRun(client, { run, text: 'Count.', files: { 'a.txt': 'two' } })
    expect([first, second]).toEqual([
      { run, duplicate: false },
      { run, duplicate: true },
    ])
    const artifact = bed.submitted.get(run)?.inputs[0]?.artifact
    expect(artifact && Buffer.from(await getArtifact(bed.coordinator, artifact)).toString()).toBe('one')
  })

  it('leaves no file behind if a file or the submission fails', async () => {
    const stored = async () => (await bed.coordinator.jsm.streams.info('FILES')).state.messages
    const before = await stored()
    const files = { 'a.txt': 'one', 'b\nc.txt': 'two' }
    await expect(submitRun(client, { text: 'Count.', files })).rejects.toThrow('without control characters')
    const refused = { text: '', files: { 'a.txt': 'one', 'b.txt': 'two' } }
    await expect(submitRun(client, refused)).rejects.toThrow()
    expect(await stored()).toBe(before)
  })

  it('fails if no coordinator is running', async () => {
    await using alone = await startBed()
    const user = await alone.connect({ role: 'user' })
    // After a drain, the server has removed its subscriptions.
    await alone.coordinator.connection.drain()
    await expect(submitRun(user, { text: 'Count.' })).rejects.toThrow('No coordinator is running')
  })
})

describe('watchRun', () => {
  it('yields events from the beginning, and ends with the run', async () => {
    const { run } = await submitRun(client, { text: 'Count.' })
    const seen: (string | undefined)[] = []
    for await (const event of watchRun(client, run)) {
      seen.push(eventName(event.type))
      if (seen.length === 1) await bed.end(run, 'completed')
    }
    expect(seen).toEqual(['run.submitted', 'run.ended'])
    expect(await getRun(client, run)).toMatchObject({ run, status: 'completed', result: { answer: 42 } })
    expect((await listRuns(client, { limit: 1 })).length).toBe(1)
  })

  it('ends if the run is canceled', async () => {
    const { run } = await submitRun(client, { text: 'Count.' })
    const waited = waitForRun(client, run)
    expect(await cancelRun(client, run, { reason: 'no need' })).toEqual({ run, status: 'canceled' })
    expect((await waited).status).toBe('canceled')
  })

  it('leaves the run alone if its signal is aborted', async () => {
    const { run } = await submitRun(client, { text: 'Count.' })
    const controller = new AbortController()
    const waited = waitForRun(client, run, { signal: controller.signal })
    controller.abort(new Error('enough'))
    await expect(waited).rejects.toThrow('enough')
    expect((await getRun(client, run)).status).toBe('working')
  })

  it('lets hundreds of runs be waited for on one connection', async () => {
    const count = 300
    const guard = new AbortController()
    const evicted: string[] = []
    const guarding = (async () => {
      const revoke = async () => false
      // The limit of the default configuration.
      for await (const { name } of followExcessReaders(bed.coordinator, { limit: 256, revoke }, guard.signal))
        evicted.push(name)
    })()
    const alice = await bed.connect({ role: 'user', name: 'alice' })
    const runs = await Promise.all(
      Array.from({ length: count }, async () => (await submitRun(alice, { text: 'Count.' })).run),
    )
    const watched = runs.map((run) => watchRun(alice, run))
    // All of them are open at the same time.
    const begun = await Promise.all(watched.map((events) => events.next()))
    expect(new Set(begun.map(({ value }) => eventName(value?.type ?? '')))).toEqual(
      new Set(['run.submitted']),
    )
    const waited = runs.map((run) => waitForRun(alice, run))
    await Promise.all(runs.map((run) => bed.end(run, 'completed')))
    expect((await Promise.all(waited)).map(({ run, status }) => [run, status])).toEqual(
      runs.map((run) => [run, 'completed']),
    )
    const last = await Promise.all(watched.map((events) => events.next()))
    expect(new Set(last.map(({ value }) => eventName(value?.type ?? '')))).toEqual(new Set(['run.ended']))
    guard.abort()
    await guarding
    expect(evicted).toEqual([])
  })

  it('fails if the credentials are revoked and not renewed in time', async () => {
    const { url, creds } = await bed.connectOptions({ role: 'user', name: 'alice' })
    await using alice = await connect({ url, creds, refusedMs: 500 })
    const { run } = await submitRun(alice, { text: 'Count.' })
    const began = Promise.withResolvers<void>()
    const watched = (async () => {
      for await (const _ of watchRun(alice, run)) began.resolve()
    })()
    await began.promise
    const revokedAt = performance.now()
    await bed.revoke(creds)
    await expect(watched).rejects.toMatchObject({ code: 'bus-auth' })
    // Until then, a renewal would have kept the watcher alive.
    expect(performance.now() - revokedAt).toBeGreaterThan(450)
    await expect(getRun(alice, run)).rejects.toMatchObject({ code: 'bus-auth' })
  })
})

describe('decideCall', () => {
  it('sends the decision to the coordinator', async () => {
    const decision = { run: 'r1', task: 'r1-t1', call: '1.1', decision: 'approve', reason: 'go on' } as const
    expect(await decideCall(client, decision)).toBe(true)
    expect(bed.decided).toEqual([decision])
  })
})

describe('offerTool', () => {
  it('hosts a tool until it is disposed of', async () => {
    const agent = await bed.connect({ role: 'host', agent: 'analyst', level: 5, tools: ['population'] })
    const host = await bed.connect({ role: 'tool-host', name: 'geography', tools: ['population'] })
    const context = { id: '1.1', key: 't/1.1', caller: 'analyst', run: 'r', task: 't' }
    const { signal } = new AbortController()
    {
      await using _ = await offerTool(host, {
        name: 'population',
        description: 'Inhabitants of a country, in millions.',
        input: z.object({ country: z.string() }),
        effect: 'none',
        run: ({ country }, { caller }) => ({ country, caller, millions: 5.6 }),
      })
      const [registered] = await listTools(bed.coordinator)
      expect(registered).toMatchObject({ host: 'geography', card: { name: 'population', effect: 'none' } })
      if (registered === undefined) return
      const tool = remoteTool(agent, registered.card, 'analyst')
      const result = await tool.run({ country: 'Norway' }, { ...context, signal })
      expect(result).toEqual({ country: 'Norway', caller: 'analyst', millions: 5.6 })
      await expect(tool.run({ country: 7 }, { ...context, signal })).rejects.toThrow('expected string')
    }
    expect(await listTools(bed.coordinator)).toEqual([])
  })
})

it('has no other dependencies than the bus, the contract, core and zod', () => {
  const manifest = createRequire(import.meta.url)('../package.json')
  expect(Object.keys(manifest.dependencies).sort()).toEqual([
    '@bailiwick/bus',
    '@bailiwick/contract',
    '@bailiwick/core',
    'zod',
  ])
})
