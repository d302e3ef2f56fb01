import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RunDetails } from '@bailiwick/bus'
import { addUsage, NO_USAGE, type Usage } from '@bailiwick/contract'
import { type ServedRequest, startOpenAiServer } from '@bailiwick/models/testing'
import { describe, expect, it } from 'vitest'
import { bareEnv, run } from './program.ts'
import { final, planReply, teamFolder } from './team-folder.ts'

const KEY = 'sk-planted-secret-42'

/** Replies for the planner, the worker and the writer, by what the prompt asks for. */
function reply({ messages }: ServedRequest): string {
  const prompt = messages.map(({ content }) => content).join('\n')
  if (/do t1/.test(prompt) && /finalAnswer/.test(prompt)) return final('6 * 7')
  return /"tasks"/.test(prompt) ? planReply({ name: 't1' }) : 'It is {{t1.output}}.'
}

/** Lists the files below a folder that contain a text. */
async function filesWith(folder: string, text: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
  expect(files.length).toBeGreaterThan(10)
  const found = await Promise.all(files.map(async (file) => (await readFile(file)).includes(text)))
  return files.filter((_, index) => found[index])
}

describe('bailiwick run --record and --replay', () => {
  it('give the same answer from the cassette, without a server or a key', async () => {
    await using place = await teamFolder({}, { config: { model: 'openai/test-model' } })
    const bailiwick = (env: Record<string, string>, ...args: string[]) =>
      run(args, { cwd: place.folder, env: bareEnv(env) })
    const recorded = await (async () => {
      await using server = await startOpenAiServer({ reply })
      const env = { OPENAI_API_KEY: KEY, OPENAI_BASE_URL: `${server.url}/v1` }
      expect((await bailiwick(env, 'doctor')).stdout).toMatch(
        /openai\/test-model \(from .*\), answers in \d+ ms/,
      )
      return {
        env,
        ended: await bailiwick(env, 'run', 'What is it?', '--record', 'tape.jsonl', '--out', 'out'),
        // Without the request of the doctor.
        asked: server.requests.length - 1,
      }
    })()
    expect(recorded.ended.code).toBe(0)
    const view = JSON.parse(await readFile(join(place.folder, 'out/run.json'), 'utf8')) as RunDetails
    const sum = (usages: (Usage | undefined)[]) =>
      usages.reduce<Usage>((total, usage) => addUsage(total, usage ?? NO_USAGE), NO_USAGE)
    for (const { usage, steps } of view.tasks) expect(sum(steps.map((step) => step.usage))).toEqual(usage)
    expect(view.agents.map(({ agent }) => agent).toSorted()).toEqual(['planner', 'worker', 'writer'])
    expect(sum(view.agents.map(({ usage }) => usage))).toEqual(view.result?.usage)
    expect(view.result?.usage).toMatchObject({ replies: recorded.asked, cost: null })
    expect(await readFile(join(place.folder, 'out/report.md'), 'utf8')).toBe(
      'It is 42.\n\n*[t1](code/t1.js): 42*\n',
    )
    // No cassette, log, journal, artifact or answer contains the key.
    expect(await filesWith(place.folder, KEY)).toEqual([])

    const { OPENAI_BASE_URL } = recorded.env
    const replayed = await bailiwick({ OPENAI_BASE_URL }, 'run', 'What is it?', '--replay', 'tape.jsonl')
    expect(replayed).toMatchObject({ code: 0, stdout: 'It is 42.\n' })
    const drifted = await bailiwick({ OPENAI_BASE_URL }, 'run', 'What was it?', '--replay', 'tape.jsonl')
    expect(drifted).toMatchObject({ code: 3, stderr: expect.stringContaining('model-replay-miss') })
  })

  it('read the key from .env, and write it nowhere else', async () => {
    await using place = await teamFolder({}, { config: { model: 'openai/test-model' } })
    await using server = await startOpenAiServer({ reply })
    await place.write('.env', `OPENAI_API_KEY=${KEY}\nOPENAI_BASE_URL=${server.url}/v1\n`)
    const ended = await run(['run', 'What is it?', '--out', 'out'], { cwd: place.folder })
    expect(ended).toMatchObject({ code: 0, stdout: expect.not.stringContaining(KEY) })
    expect(ended.stderr).not.toContain(KEY)
    expect(await filesWith(place.folder, KEY)).toEqual([join(place.folder, '.env')])
  })

  it('refuse each other, and a daemon that is already running', async () => {
    await using place = await teamFolder({})
    const both = await run(['run', 'x', '--record', 'a', '--replay', 'b'], { cwd: place.folder })
    expect(both).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Expected --record or --replay, found both.'),
    })
    await run(['up', '--detach'], { cwd: place.folder })
    const late = await run(['run', 'x', '--record', 'a'], { cwd: place.folder })
    expect(late).toMatchObject({ code: 2, stderr: expect.stringContaining('needs a daemon of its own') })
  })
})
