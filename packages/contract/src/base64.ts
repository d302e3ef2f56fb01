/** The methods of newer runtimes (Node 25, current browsers). */
interface NativeBase64 {
  toBase64?(): string
}
interface NativeBase64Constructor {
  fromBase64?(text: string): Uint8Array<ArrayBuffer>
}

/** Characters per call of `fromCharCode`, which takes a bounded number of arguments. */
const CHUNK = 0x2000

/** Bytes as base64. Needs no `Buffer`: the contract also runs in browsers. */
export function toBase64(bytes: Uint8Array): string {
  const native = bytes as Uint8Array & NativeBase64
  if (native.toBase64 !== undefined) return native.toBase64()
  let binary = ''
  for (let from = 0; from < bytes.length; from += CHUNK) {
    binary += String.fromCharCode(...bytes.subarray(from, from + CHUNK))
  }
  return btoa(binary)
}

/** The bytes of a base64 text. @throws SyntaxError or DOMException if the text is not base64 */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const { fromBase64: native } = Uint8Array as unknown as NativeBase64Constructor
  if (native !== undefined) return native.call(Uint8Array, text)
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
}
