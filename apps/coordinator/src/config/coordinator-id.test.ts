import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { coordinatorId } from './coordinator-id.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bailiwick-id-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

it('is the same for every daemon on a data directory, and differs between directories', () => {
  const id = coordinatorId(folder)
  expect(id).toMatch(/^c-[0-9a-f]{8}$/)
  expect(coordinatorId(folder)).toBe(id)
  expect(coordinatorId(join(folder, 'other'))).not.toBe(id)
})

it('refuses a file that holds something else', () => {
  writeFileSync(join(folder, 'coordinator-id'), 'me')
  expect(() => coordinatorId(folder)).toThrow(/Expected "c-" and 8 hexadecimal digits .*, found "me"/)
})
