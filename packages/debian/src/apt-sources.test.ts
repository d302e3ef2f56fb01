import { describe, expect, it } from 'vitest'
import { aptSources, parseIndexTargets, parseOsRelease } from './apt-sources.ts'

const debian = { id: 'debian', codename: 'bookworm' }

describe('aptSources', () => {
  it("prefers the distribution's own mirror to third parties, and the newest suite", () => {
    const indexes = parseIndexTargets(
      [
        'http://third.example/debian bookworm main',
        'http://security.example/debian-security bookworm-security main',
        'http://mirror.example/debian bookworm main',
        'http://mirror.example/debian bookworm-updates main',
        'http://third.example/other stable extra',
        '',
      ].join('\n'),
    )
    const sources = aptSources(indexes, debian, { newerSuites: { debian: ['forky'] } })
    expect(sources.map(({ suite }) => suite)).toEqual(['forky', 'bookworm', 'forky', 'bookworm'])
    expect(sources[0]?.line).toBe(
      'deb [target=Packages signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://mirror.example/debian forky main',
    )
  })

  it("uses the given component of the machine's suite on Ubuntu", () => {
    const indexes = parseIndexTargets('http://ports.example/ubuntu noble main\n')
    expect(
      aptSources(indexes, { id: 'ubuntu', codename: 'noble' }, { components: { ubuntu: 'universe' } }),
    ).toEqual([
      {
        suite: 'noble',
        line: 'deb [target=Packages signed-by=/usr/share/keyrings/ubuntu-archive-keyring.gpg] http://ports.example/ubuntu noble universe',
      },
    ])
  })

  it('returns no source for another distribution', () => {
    const indexes = parseIndexTargets('http://mirror.example/x vera main\n')
    expect(aptSources(indexes, { id: 'linuxmint', codename: 'vera' })).toEqual([])
  })
})

it('parses os-release with and without quotes', () => {
  expect(parseOsRelease('PRETTY_NAME="X"\nVERSION_CODENAME=bookworm\nID="debian"\nVARIANT_ID=y\n')).toEqual(
    debian,
  )
  expect(parseOsRelease('')).toEqual({ id: '', codename: '' })
})
