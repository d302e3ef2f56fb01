import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run, start } from './program.ts'
import { final, type TeamFolder, teamFolder } from './team-folder.ts'

let place: TeamFolder
let made: string
const bailiwick = (...args: string[]) => run(args, { cwd: place.folder })

beforeAll(async () => {
  place = await teamFolder({ worker: { '*': [final('1')] } }, { agents: [{ name: 'worker', level: 5 }] })
  await bailiwick('up', '--detach')
  await bailiwick('run', 'x', '--agent', 'worker')
  made = JSON.parse((await bailiwick('runs', '--json')).stdout).runs[0].run
})
afterAll(async () => {
  await bailiwick('down')
  await place[Symbol.asyncDispose]()
})

describe('bailiwick events', () => {
  it('of a run that has ended prints all of them, and ends with --once', async () => {
    const { code, stdout } = await bailiwick('events', '--run', made, '--once')
    expect(code).toBe(0)
    const names = stdout
      .trim()
      .split('\n')
      .map((line) => line.split(/ +/)[1])
    expect([names.at(0), names.at(-1)]).toEqual(['run.submitted', 'run.ended'])
  })

  it('of a run that there is not says so instead of waiting for it', async () => {
    expect(await bailiwick('events', '--run', 'nope', '--once')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('found no run nope. "bailiwick runs" lists all runs.'),
    })
  })

  it('says so where its credentials end, goes on trying, and ends when that lasts', async () => {
    const env = JSON.parse(
      (await bailiwick('env', '--role', 'reader:brief', '--expires', '3s', '--json')).stdout,
    )
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

  it('is for readers too, who may ask about no run', async () => {
    const env = JSON.parse((await bailiwick('env', '--role', 'reader:board', '--json')).stdout)
    await using elsewhere = await teamFolder({})
    const options = { cwd: elsewhere.folder, env: { ...process.env, ...env } }
    const { code, stdout } = await run(['events', '--run', made, '--once', '--json'], options)
    const lines = stdout.trim().split('\n')
    expect({ code, last: JSON.parse(lines.at(-1) ?? '') }).toMatchObject({
      code: 0,
      last: { type: 'dev.bailiwick.run.ended.v1', run: made },
    })
  })
})
