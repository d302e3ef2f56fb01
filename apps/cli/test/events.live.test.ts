import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { lastJson, run, start } from './program.ts'
import { final, type TeamFolder, teamFolder } from './team-folder.ts'

let place: TeamFolder
let made: string

beforeAll(async () => {
  place = await teamFolder({ worker: { '*': [final('1')] } }, { agents: [{ name: 'worker', level: 5 }] })
  await place.bailiwick('up', '--detach')
  made = lastJson(await place.bailiwick('run', 'x', '--agent', 'worker', '--json')).run
})
afterAll(() => place?.[Symbol.asyncDispose]())

describe('bailiwick events', () => {
  it('prints all events of a run, and ends with it if --once is given', async () => {
    const { code, stdout } = await place.bailiwick('events', '--run', made, '--once')
    expect(code).toBe(0)
    const names = stdout
      .trim()
      .split('\n')
      .map((line) => line.split(/ +/)[1])
    expect([names.at(0), names.at(-1)]).toEqual(['run.submitted', 'run.ended'])
  })

  it('refuses an unknown run instead of waiting for it', async () => {
    expect(await place.bailiwick('events', '--run', 'nope', '--once')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('found no run nope. "bailiwick runs" lists all runs.'),
    })
  })

  it('reports that its credentials have expired, retries, and ends with an error after a while', async () => {
    const began = Date.now()
    const options = ['--role', 'reader:brief', '--json']
    await place.bailiwick('env', ...options)
    // The next commands need about as long as this one to start.
    const seconds = 2 + Math.ceil((3 * (Date.now() - began)) / 1_000)
    const env = lastJson(await place.bailiwick('env', ...options, '--expires', `${seconds}s`))
    await using elsewhere = await teamFolder({})
    const following = start(['events'], { cwd: elsewhere.folder, env: { ...process.env, ...env } })
    await following.until(
      /NATS at nats:\/\/127\.0\.0\.1:\d+ refuses these credentials: they expired at 20[^ ]+\. `bailiwick env` prints new ones\. Retrying\./,
    )
    expect(following.child.exitCode).toBe(null)
    const { code, stderr } = await following.ended
    expect(code).toBe(1)
    expect(stderr).toMatch(/bus-auth|refuses these credentials: they expired/)
  })

  it('works for readers, who may not ask for a run', async () => {
    const env = lastJson(await place.bailiwick('env', '--role', 'reader:board', '--json'))
    await using elsewhere = await teamFolder({})
    const options = { cwd: elsewhere.folder, env: { ...process.env, ...env } }
    const ended = await run(['events', '--run', made, '--once', '--json'], options)
    expect(ended.code).toBe(0)
    expect(lastJson(ended)).toMatchObject({ type: 'dev.bailiwick.run.ended.v1', run: made })
  })
})
