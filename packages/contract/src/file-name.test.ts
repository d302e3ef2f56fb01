import { describe, expect, it } from 'vitest'
import { fileNameProblem, MAX_FILE_NAME_BYTES } from './file-name.ts'

describe('fileNameProblem', () => {
  it.each([
    'Übersicht.txt',
    'Übersicht.txt'.normalize('NFD'),
    '数据 2026.csv',
    '👩🏽‍🚀 log.md',
    'a..b.c',
    '.hidden',
    '-rf',
    'a b',
    'a*b>c?.txt',
    'ü'.repeat(MAX_FILE_NAME_BYTES / 2),
    'x'.repeat(MAX_FILE_NAME_BYTES),
  ])('accepts %j', (name) => {
    expect(fileNameProblem(name)).toBeUndefined()
  })

  it.each([
    ['', 'found ""'],
    ['.', 'found "."'],
    ['..', 'found ".."'],
    ['a/b', 'without folders'],
    ['a\\b', 'without folders'],
    ['a\u0000b', 'without control characters'],
    ['a\nb', 'without control characters'],
    ['\u001b[31m', 'without control characters'],
    ['a\u0085b', 'without control characters'],
    ['gpj.\u202etxt', 'without control characters'],
    ['a\ud800', 'half of a surrogate pair'],
    ['x'.repeat(MAX_FILE_NAME_BYTES + 1), 'at most 255 bytes in UTF-8, found 256'],
    ['é'.repeat(128), 'at most 255 bytes in UTF-8, found 256'],
  ])('refuses %j, and says why', (name, problem) => {
    expect(fileNameProblem(name)).toContain(problem)
  })
})
