import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { listAgents, requestRun } from '@bailiwick/bus'
import { untilNoneSurvive } from '@bailiwick/coordinator/testing/survivors'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { bareEnv, lastJson, run } from './program.ts'
import { eventsUntil, final, type TeamFolder, teamFolder } from './team-folder.ts'

const HOST = fileURLToPath(new URL('../../../packages/agent/src/host/main.ts', import.meta.url))

/** An agent with a tool of its own. */
const agent = (name: string, tool: string) => `export default {
  name: '${name}', description: 'x', level: 5,
  tools: [{
    name: '${tool}', description: 'x', input: { type: 'object', properties: {} }, effect: 'none', run: () => 42,
  }],
}`

let place: TeamFolder
const hosts: ChildProcess[] = []
beforeAll(async () => {
  place = await teamFolder(
    { buyer: { '*': [final('await order({})')] }, outsider: { '*': [final('await pay({})')] } },
    { agents: [{ name: 'buyer', level: 5 }] },
  )
  await place.write('buyer.mjs', agent('buyer', 'order'))
  await place.write('outsider.mjs', agent('outsider', 'pay'))
  await place.bailiwick('up', '--detach')
})
afterAll(async () => {
  for (const host of hosts) host.kill()
  await place?.[Symbol.asyncDispose]()
})

/** Starts a host of an agent as on another machine, with what `bailiwick env` prints. */
async function startHost(
  file: string,
  ...envArgs: string[]
): Promise<{ ready: Promise<void>; stderr: string }> {
  const printed = await place.bailiwick('env', '--json', ...envArgs)
  const access = lastJson(printed)
  const host = spawn(process.execPath, [...process.execArgv, HOST, `${place.folder}/${file}`], {
    env: { ...bareEnv(), ...access, BAILIWICK_MODEL: `scripted:${place.folder}/replies.json` },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  hosts.push(host)
  let errors = ''
  host.stderr.on('data', (data) => {
    errors += data
  })
  const ended = once(host, 'exit').then(() => {
    throw new Error(errors)
  })
  return { ready: Promise.race([once(host.stdout, 'data').then(() => {}), ended]), stderr: printed.stderr }
}

async function answer(run: string, of: string): Promise<unknown> {
  await using user = await place.connect()
  await vi.waitFor(() => requestRun(user, 'submit', { run, text: 'x', agent: of }), { timeout: 60_000 })
  await eventsUntil(user, run, 'run.ended')
  return (await requestRun(user, 'get', { run })).result
}

describe('a host with the credentials that `bailiwick env` prints', () => {
  it('serves the own tools of an agent of the team', async () => {
    const { ready, stderr } = await startHost('buyer.mjs', '--role', 'agent:buyer')
    await ready
    expect(stderr).toBe('')
    await using user = await place.connect()
    await vi.waitFor(async () => expect(await listAgents(user)).toHaveLength(2), { timeout: 60_000 })
    expect(await answer('r1', 'buyer')).toMatchObject({ status: 'completed', answer: 42 })
  })

  it('serves the tools that were named of an agent that the team lacks, and says that it is lacking', async () => {
    const { ready, stderr } = await startHost('outsider.mjs', '--role', 'agent:outsider', '--tool', 'pay')
    expect(stderr).toContain('The team has no agent "outsider"')
    await ready
    expect(await answer('r2', 'outsider')).toMatchObject({ status: 'completed', answer: 42 })
  })

  it('says which tool was not named', async () => {
    const { ready } = await startHost('outsider.mjs', '--role', 'agent:outsider')
    await expect(ready).rejects.toThrow(/pay.*--tool/s)
  })

  it('survives nats-config, which refuses to replace the credentials of a running daemon', async () => {
    const before = await readFile(`${place.folder}/.bailiwick/credentials/buyer.creds`, 'utf8')
    const { code, stderr } = await place.bailiwick('nats-config')
    expect(code).toBe(2)
    expect(stderr).toMatch(/found process \d+.*bailiwick down/)
    expect(await readFile(`${place.folder}/.bailiwick/credentials/buyer.creds`, 'utf8')).toBe(before)
  })

  it('leaves a shell in which the daemon starts all the same', async () => {
    const access = lastJson(await place.bailiwick('env', '--json', '--role', 'reader'))
    await place.bailiwick('down')
    const { code, stderr } = await run(['up', '--detach'], {
      cwd: place.folder,
      env: bareEnv({ ...access, BAILIWICK_MODEL: `scripted:${place.folder}/replies.json` }),
    })
    expect(stderr).toContain('The daemon does not use them: it uses its own server.')
    expect(code).toBe(0)
    expect(await answer('r3', 'buyer')).toMatchObject({ status: 'completed', answer: 42 })
  })

  it('leaves no process', async () => {
    for (const host of hosts) host.kill()
    await place.bailiwick('down')
    expect(await untilNoneSurvive(place.folder)).toEqual([])
  })
})
