import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { BailiwickError, parseJson } from '@bailiwick/contract'
import type { DaemonAddress } from '@bailiwick/coordinator/config/daemon-address'
import {
  type LocalReply,
  type LocalRequestInput,
  localReplySchema,
} from '@bailiwick/coordinator/local/local-protocol'

/** Sends a request to a daemon on this machine. @throws BailiwickError with the daemon's code, or `no-daemon` */
export async function askLocal(
  address: DaemonAddress,
  request: LocalRequestInput,
): Promise<Extract<LocalReply, { ok: true }>> {
  if (address.local === undefined) {
    throw new BailiwickError('no-daemon', 'The daemon runs on another machine. Run this command there.')
  }
  const reply = localReplySchema.parse(parseJson(await exchange(address.local, JSON.stringify(request))))
  if (!reply.ok) throw new BailiwickError(reply.code, reply.message)
  return reply
}

function exchange(path: string, line: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(path, () => socket.write(`${line}\n`))
    const fail = (reason: string) =>
      reject(new BailiwickError('no-daemon', `The daemon does not answer: ${reason}.`))
    socket.once('error', (error) => fail(error.message))
    socket.once('close', () => fail('it closed the connection'))
    createInterface(socket).once('line', resolve)
  })
}
