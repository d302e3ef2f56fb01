import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import type { DaemonAddress } from '@bailiwick/coordinator/config/daemon-address'
import {
  type LocalReply,
  type LocalRequestInput,
  localReplySchema,
} from '@bailiwick/coordinator/local/local-protocol'
import { CodedError } from '../frame/coded-error.ts'

/** Asks a daemon of this machine. @throws CodedError with what the daemon said, or `no-daemon` */
export async function askLocal(
  address: DaemonAddress,
  request: LocalRequestInput,
): Promise<Extract<LocalReply, { ok: true }>> {
  if (address.local === undefined) {
    throw new CodedError('no-daemon', 'this must be asked on the machine that the daemon runs on')
  }
  const reply = localReplySchema.parse(JSON.parse(await exchange(address.local, JSON.stringify(request))))
  if (!reply.ok) throw new CodedError(reply.code, reply.message)
  return reply
}

function exchange(path: string, line: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(path, () => socket.write(`${line}\n`))
    const fail = (reason: string) =>
      reject(new CodedError('no-daemon', `the daemon does not answer (${reason})`))
    socket.once('error', (error) => fail(error.message))
    socket.once('close', () => fail('it hung up'))
    createInterface(socket).once('line', resolve)
  })
}
