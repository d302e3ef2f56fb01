import { BRAND, journalRecordSchema } from '@bailiwick/contract'
import { z } from 'zod'
import { cloudEventSchema, eventType } from './cloud-event.ts'
import { CONTROL_OPS, controlReplySchema } from './control-ops.ts'
import { delegationReplySchema, delegationRequestSchema } from './delegation.ts'
import { EVENT_TYPES, type EventName } from './event-types.ts'
import { FILE_OPS, fileEntrySchema, fileReplySchema } from './files.ts'
import { spilledSchema } from './journal-message.ts'
import { STREAMS } from './places.ts'
import { replySchema } from './reply.ts'
import { ringSchema } from './ring.ts'
import { RUN_OPS } from './run-ops.ts'
import { cancelSchema, toolReplySchema, toolRequestSchema } from './tool-call.ts'

type Data = { [key: string]: unknown }

/** A channel of the document: an address, its messages, and what a user of Bailiwick does there. */
interface Channel {
  address: string
  summary: string
  stream?: string
  messages: Record<string, { summary?: string; payload: z.ZodType }>
  /** From the view of a user of Bailiwick. */
  action: 'send' | 'receive'
  /** The reply to a request. */
  reply?: z.ZodType
}

/**
 * The whole protocol as an AsyncAPI 3 document, generated from the schemas. The NATS binding has no streams, so they are
 * in `x-jetstream-stream`.
 */
export function asyncApiDocument(version: string): Data {
  const channels = [...eventChannels(), ...requestChannels(), ...inwardChannels()]
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Bailiwick on NATS',
      version,
      description:
        'Subjects and messages of a tenant: events to follow, requests to send, and tools to host.',
      license: { name: 'Apache-2.0' },
    },
    defaultContentType: 'application/json',
    servers: { local: { host: '127.0.0.1:4222', protocol: 'nats' } },
    channels: Object.fromEntries(channels.map(([name, channel]) => [name, writeChannel(channel)])),
    operations: Object.fromEntries(channels.map(([name, channel]) => [name, writeOperation(name, channel)])),
  }
}

function eventChannels(): [string, Channel][] {
  return Object.entries(EVENT_TYPES).map(([name, { summary, data }]) => [
    `event.${name}`,
    {
      address: `${BRAND.subjects}.event.${name}.{owner}.{run}`,
      summary,
      stream: STREAMS.event,
      action: 'receive',
      messages: {
        event: {
          payload: cloudEventSchema.unwrap().extend({ type: z.literal(eventType(name as EventName)), data }),
        },
      },
    },
  ])
}

function requestChannels(): [string, Channel][] {
  const runs = Object.entries(RUN_OPS).map(([op, { summary, request, reply }]): [string, Channel] => [
    `run.${op}`,
    {
      address: `${BRAND.subjects}.run.${op}`,
      summary: `${summary} A named user appends its name to the subject.`,
      action: 'send',
      messages: { request: { payload: request } },
      reply: replied(reply),
    },
  ])
  const tool: Channel = {
    address: `${BRAND.subjects}.tool.{tool}.{caller}`,
    summary:
      'A call of a tool. The processes that host the tool subscribe with the queue group "host" and reply.',
    action: 'receive',
    messages: { request: { payload: toolRequestSchema } },
    reply: toolReplySchema,
  }
  const cancel: Channel = {
    address: `${BRAND.subjects}.cancel.{caller}`,
    summary: 'The caller cancels a call or a delegation.',
    action: 'receive',
    messages: { cancel: { payload: cancelSchema } },
  }
  const files = Object.entries(FILE_OPS).flatMap(([op, { summary, request }]): [string, Channel][] => {
    const channel = {
      action: 'send' as const,
      messages: { request: { payload: request } },
      reply: fileReplySchema,
    }
    return [
      [
        `file.${op}`,
        {
          ...channel,
          address: `${BRAND.subjects}.file.${op}.{caller}`,
          summary: `${summary} A message is one line of JSON, here its schema; bytes follow after the line break.`,
        },
      ],
      [
        `file.${op}.call`,
        {
          ...channel,
          address: `${BRAND.subjects}.file.${op}.{caller}.{tool}`,
          summary: `${summary} By a process that serves a tool, for a call that an agent's open task has made.`,
        },
      ],
    ]
  })
  return [...runs, ['tool', tool], ['cancel', cancel], ...files]
}

/** Between Bailiwick's own processes. Documented because journals and queues outlive versions. */
function inwardChannels(): [string, Channel][] {
  const journal: Channel = {
    address: `${BRAND.subjects}.journal.{writer}.{run}.{task}`,
    summary: 'One append to a journal: its records, or where they are stored if they are large.',
    stream: STREAMS.journal,
    action: 'receive',
    messages: {
      append: {
        payload: z.object({
          v: z.literal(1),
          records: z.array(journalRecordSchema).optional(),
          spilled: spilledSchema.optional(),
        }),
      },
    },
  }
  const task: Channel = {
    address: `${BRAND.subjects}.task.{agent}.{task}`,
    summary: "A task waits in its agent's queue.",
    stream: STREAMS.task,
    action: 'receive',
    messages: { ring: { payload: ringSchema } },
  }
  const delegate: Channel = {
    address: `${BRAND.subjects}.delegate.{caller}`,
    summary: 'An agent requests a delegate. The reply is "working" until there is a result.',
    action: 'send',
    messages: { request: { payload: delegationRequestSchema } },
    reply: replied(delegationReplySchema),
  }
  const control = Object.entries(CONTROL_OPS).map(([op, request]): [string, Channel] => [
    `control.${op}`,
    {
      address: `${BRAND.subjects}.control.{agent}.${op}`,
      summary: `The coordinator sends "${op}" to all hosts of an agent.`,
      action: 'receive',
      messages: { request: { payload: request } },
      reply: replied(controlReplySchema),
    },
  ])
  const stored: Channel = {
    address: `${BRAND.subjects}.stored.{kind}.{scope}.{owner}.{id}.{part}`,
    summary:
      'A chunk of a file (128 KiB, raw; the part is its index), or the entry of a complete file (the part is "entry").',
    stream: `${STREAMS.files}, ${STREAMS.records}`,
    action: 'receive',
    messages: { entry: { payload: fileEntrySchema } },
  }
  return [['journal', journal], ['task', task], ['stored', stored], ['delegate', delegate], ...control]
}

function replied(value: z.ZodType): z.ZodType {
  const [failure, large] = replySchema.unwrap().options
  return z.union([z.object({ ok: z.literal(true), value }), large, failure])
}

function writeChannel(channel: Channel): Data {
  const parameters = [...channel.address.matchAll(/\{(\w+)\}/g)].map(([, name]) => [name, PARAMETER])
  const messages = Object.entries(channel.messages).map(([name, { summary, payload }]) => [
    name,
    { ...(summary !== undefined && { summary }), payload: jsonSchema(payload) },
  ])
  if (channel.reply !== undefined) messages.push(['reply', { payload: jsonSchema(channel.reply) }])
  return {
    address: channel.address,
    summary: channel.summary,
    ...(parameters.length === 0 ? {} : { parameters: Object.fromEntries(parameters) }),
    ...(channel.stream !== undefined && { 'x-jetstream-stream': channel.stream }),
    messages: Object.fromEntries(messages),
  }
}

const PARAMETER = { description: '1 to 63 letters, digits, "_" or "-".' }

function writeOperation(name: string, channel: Channel): Data {
  const at = `#/channels/${name.replaceAll('/', '~1')}`
  return {
    action: channel.action,
    channel: { $ref: at },
    summary: channel.summary,
    messages: Object.keys(channel.messages).map((message) => ({ $ref: `${at}/messages/${message}` })),
    ...(channel.reply !== undefined && {
      reply: { channel: { $ref: at }, messages: [{ $ref: `${at}/messages/reply` }] },
    }),
  }
}

function jsonSchema(schema: z.ZodType): Data {
  // AsyncAPI 3 uses JSON Schema draft 7. Types that JSON Schema cannot express accept any value.
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    target: 'draft-7',
    unrepresentable: 'any',
    io: 'input',
  }) as Data
  return rest
}
