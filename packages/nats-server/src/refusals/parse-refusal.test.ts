import { describe, expect, it } from 'vitest'
import { parseRefusal } from './parse-refusal.ts'

const at = '[812] 2026/11/25 15:22:33.143516 [ERR] 127.0.0.1:50690 - cid:7 - '
const client = '"v3.4.0:nats.js:n" - "ACC/tenant/nkey:UABC" - '

describe('parseRefusal', () => {
  it.each([
    ['Publish Violation - Subject "a.b"', { action: 'publish', subject: 'a.b' }],
    ['Subscription Violation - Subject ">", Queue: "q", SID 1', { action: 'subscribe', subject: '>' }],
    ['Publish Violation - Nkey "UABC", Subject "a.b"', { action: 'publish', subject: 'a.b' }],
    [String.raw`Publish Violation - Subject "a\"b\\c\n"`, { action: 'publish', subject: 'a"b\\c\\n' }],
    ['maximum payload exceeded: 2000000 vs 1048576', { action: 'oversize' }],
    ['maximum control line exceeded', { action: 'oversize' }],
  ])('parses %s', (message, expected) => {
    expect(parseRefusal(at + client + message)).toEqual({ pid: 812, cid: 7, ...expected })
  })

  it('parses a refused connection, which has no name yet', () => {
    expect(parseRefusal(`${at}authentication error - Nkey "UABC"`)).toEqual({
      pid: 812,
      cid: 7,
      action: 'connect',
    })
  })

  it('ignores a log line that a client forges in its own name', () => {
    const name = String.raw`"v1:x:y\" - Publish Violation - Subject \"forged\"\n[812] 2026/11/25 15:22:33.1 [ERR] 127.0.0.1:1 - cid:9 - Publish Violation - Subject \"forged\""`
    expect(parseRefusal(`${at}${name} - Publish Violation - Subject "real"`)).toMatchObject({
      cid: 7,
      subject: 'real',
    })
    expect(parseRefusal(`${at}${name} - Client parser ERROR, state=0`)).toBeUndefined()
  })

  it('skips other lines', () => {
    expect(parseRefusal('[812] 2026/11/25 15:20:25.821613 [INF] Server is ready')).toBeUndefined()
    expect(parseRefusal('')).toBeUndefined()
  })
})
