import { expect, it } from 'vitest'
import { freeName, nameKey } from './free-name.ts'

const one = (name: string) => freeName(name, new Set())

it.each([
  ['chart.svg', 'chart.svg'],
  ['Übersicht 雨.csv', 'Übersicht 雨.csv'],
  ['../../etc/passwd', 'passwd'],
  ['/etc/passwd', 'passwd'],
  ['C:\\Windows\\x.ini', 'x.ini'],
  ['..\\..\\x', 'x'],
  ['a/', 'a'],
  ['..', 'artifact'],
  ['../', 'artifact'],
  ['.', 'artifact'],
  ['/', 'artifact'],
  ['', 'artifact'],
  ['\0', '_'],
  ['a\0b\u001b\u202e\n.txt', 'a_b___.txt'],
  ['.bashrc', 'bashrc'],
  ['...x', 'x'],
  ['x.', 'x'],
  ['a:b.txt', 'a_b.txt'],
  ['con', '_con'],
  ['NUL.txt', '_NUL.txt'],
  ['\ud800.txt', '\ufffd.txt'],
])('names %j %j', (name, expected) => {
  expect(one(name)).toBe(expected)
})

it('adds a number to names that may be one file', () => {
  const taken = new Set(['run.json', 'Folder'].map(nameKey))
  const names = ['a.csv', 'A.csv', 'a.csv', 'é', 'e\u0301', 'run.json', 'RUN.JSON', 'folder', '../a.csv']
  expect(names.map((name) => freeName(name, taken))).toEqual([
    'a.csv',
    'A-2.csv',
    'a-3.csv',
    'é',
    'e\u0301-2',
    'run-2.json',
    'RUN-3.JSON',
    'folder-2',
    'a-4.csv',
  ])
})

it.each(['x', 'ü', '雨', '👩‍🚀'])('keeps names of many %s within what file systems allow', (character) => {
  const taken = new Set<string>()
  for (const extension of ['.csv', '', `.${character.repeat(300)}`]) {
    for (let n = 0; n < 12; n++) {
      const name = freeName(character.repeat(300) + extension, taken)
      expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255)
      expect(name.isWellFormed()).toBe(true)
      if (extension === '.csv') expect(name.endsWith('.csv')).toBe(true)
    }
  }
  expect(taken.size).toBe(36)
})
