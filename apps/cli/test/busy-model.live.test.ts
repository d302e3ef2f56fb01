import { startOpenAiServer } from '@bailiwick/models/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { bareEnv, run } from './program.ts'
import { type TeamFolder, teamFolder } from './team-folder.ts'

let place: TeamFolder
beforeAll(async () => {
  place = await teamFolder({}, { config: { model: 'openai/test-model' } })
})
afterAll(() => place?.[Symbol.asyncDispose]())

it('a run outlasts a long storm of 429s and says what it waits for', async () => {
  const storm = 8
  await using server = await startOpenAiServer({
    reply: 'It is blue.',
    fault: (place) => (place < storm ? { kind: 'status', status: 429, retryAfterMs: 1_000 } : undefined),
  })
  const env = bareEnv({ OPENAI_BASE_URL: `${server.url}/v1`, OPENAI_API_KEY: 'none' })
  const { code, stdout, stderr } = await run(['run', 'What is it?', '--agent', 'writer'], {
    cwd: place.folder,
    env,
  })
  expect(stderr).toMatch(/\(writer\) waits for openai\/test-model: 429, retrying in \d+(\.\d)? s/)
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'It is blue.\n' })
  expect(server.requests.length).toBeGreaterThan(storm)
})
