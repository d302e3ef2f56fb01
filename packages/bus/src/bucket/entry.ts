import { randomUUID } from 'node:crypto'
import { parseJson } from '@bailiwick/contract'
import { JetStreamApiError, type StoredMsg } from '@nats-io/jetstream'
import { headers as makeHeaders } from '@nats-io/transport-node'
import type { Bus } from '../connect/bus.ts'
import { kvStream } from '../protocol/places.ts'
import { publishDurably } from '../publish/publish-durably.ts'
import { WRONG_LAST_SEQUENCE } from '../publish/publish-once.ts'
import { getStored } from '../streams/stored-messages.ts'

/** What a bucket holds under a key. */
export interface StoredEntry<T> {
  /** Undefined if the key has no value, or one that `parse` does not accept. */
  value: T | undefined
  /** Sequence of the key's last message; 0 if there is none. A put that expects it does not overwrite a later one. */
  revision: number
}

/** Options of {@link putEntry} and {@link deleteEntry}. */
export interface PutEntryOptions {
  /** The revision that the key must have; 0 if it must have no message. Default: any. */
  expect?: number
  signal?: AbortSignal
}

/**
 * Reads the entry of a key.
 *
 * @param parse returns undefined for a value that is not valid: users can have the server store a reply under any key
 */
export async function readEntry<T>(
  bus: Bus,
  bucket: string,
  key: string,
  parse: (value: unknown) => T | undefined,
  signal?: AbortSignal,
): Promise<StoredEntry<T>> {
  const message = await lastMessage(bus, bucket, key, signal)
  if (message === undefined) return { value: undefined, revision: 0 }
  return { value: parse(parseJson(message.string())), revision: message.seq }
}

/**
 * Stores a value under a key.
 *
 * @returns its revision; undefined if the key does not have the expected one
 */
export function putEntry(
  bus: Bus,
  bucket: string,
  key: string,
  value: unknown,
  options: PutEntryOptions = {},
): Promise<number | undefined> {
  return write(bus, bucket, key, JSON.stringify(value), undefined, options)
}

/**
 * Deletes a key's value and leaves a marker, so that watchers notice.
 *
 * @returns the marker's revision; undefined if the key does not have the expected one
 */
export function deleteEntry(
  bus: Bus,
  bucket: string,
  key: string,
  options: PutEntryOptions = {},
): Promise<number | undefined> {
  return write(bus, bucket, key, '', 'DEL', options)
}

async function write(
  bus: Bus,
  bucket: string,
  key: string,
  payload: string,
  operation: 'DEL' | undefined,
  { expect, signal }: PutEntryOptions,
): Promise<number | undefined> {
  const headers = makeHeaders()
  if (operation !== undefined) headers.set('KV-Operation', operation)
  const msgID = randomUUID()
  try {
    const { seq } = await publishDurably(bus, `$KV.${bucket}.${key}`, payload, {
      msgID,
      headers,
      ...(expect !== undefined && { expect: { lastSubjectSequence: expect } }),
      ...(signal !== undefined && { signal }),
    })
    return seq
  } catch (error) {
    if (!(error instanceof JetStreamApiError) || error.code !== WRONG_LAST_SEQUENCE) throw error
    // The acknowledgement of this very write may have been lost.
    const last = await lastMessage(bus, bucket, key, signal)
    return last?.header.get('Nats-Msg-Id') === msgID ? last.seq : undefined
  }
}

function lastMessage(
  bus: Bus,
  bucket: string,
  key: string,
  signal: AbortSignal | undefined,
): Promise<StoredMsg | undefined> {
  return getStored(bus, kvStream(bucket), { last_by_subj: `$KV.${bucket}.${key}` }, signal)
}
