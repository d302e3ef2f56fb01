import { connect } from 'node:net'

/** The part of a NATS server's INFO line that is of use here. */
export interface Greeting {
  readonly server_name: string
  readonly version: string
  readonly port: number
}

/**
 * Connects and reads the INFO line with which every NATS server greets, before any authentication.
 *
 * @returns undefined where nothing answers, or something else than a NATS server, within `timeoutMs`
 */
export function readGreeting(host: string, port: number, timeoutMs = 1_000): Promise<Greeting | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: timeoutMs })
    let text = ''
    const settle = (greeting: Greeting | undefined) => {
      clearTimeout(timer)
      socket.destroy()
      resolve(greeting)
    }
    const timer = setTimeout(settle, timeoutMs, undefined)
    socket.setEncoding('utf8')
    socket.on('error', () => settle(undefined))
    socket.on('close', () => settle(undefined))
    socket.on('data', (chunk: string) => {
      text += chunk
      const end = text.indexOf('\r\n')
      if (end >= 0) settle(parse(text.slice(0, end)))
      else if (text.length > 64 * 1024) settle(undefined)
    })
  })
}

function parse(line: string): Greeting | undefined {
  if (!line.startsWith('INFO ')) return undefined
  try {
    return JSON.parse(line.slice(5)) as Greeting
  } catch {
    return undefined
  }
}
