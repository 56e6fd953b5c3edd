// Turns a stretch of messages into what is seen: day separators, and messages grouped by who spoke. Pure.
import type {ChatMessage} from '../src/wire/chat.js';

/** Messages of one person closer together than this share one name and picture. */
const GROUP_MS = 5 * 60_000;

export interface MessageRow {
  kind: 'message';
  key: string;
  message: ChatMessage;
  time: number;
  isOwn: boolean;
  /** First and last of its group. */
  isFirst: boolean;
  isLast: boolean;
}

/** `time`: some moment of that day. */
export interface DayRow {
  kind: 'day';
  key: string;
  time: number;
}

/** Where what the reader missed begins. */
export interface Missed {
  /** Place of its first message. */
  readonly seq: number;
  readonly text: string;
}

/** Here it begins. */
export interface MissedRow {
  kind: 'missed';
  key: string;
  text: string;
}

export type ThreadRow = MessageRow | DayRow | MissedRow;

/**
 * @param myId the reader's user id, or null while unknown
 * @param missed where what they missed begins
 */
export function toRows(
  messages: readonly ChatMessage[],
  myId: string | null,
  now: number,
  missed: Missed | null = null,
): ThreadRow[] {
  const rows: ThreadRow[] = [];
  let previous: MessageRow | null = null;
  for (const message of messages) {
    const time = timeOf(message, now);
    const isOwn = isFrom(message, myId);
    const isNewDay: boolean = !previous || dayOf(previous.time) !== dayOf(time);
    const isMissed = missed !== null && message.status === 'sent' && message.seq === missed.seq;
    const isFirst: boolean =
      isNewDay ||
      isMissed ||
      !previous ||
      previous.isOwn !== isOwn ||
      (!isOwn && previous.message.senderId !== message.senderId) ||
      Math.abs(time - previous.time) > GROUP_MS;
    if (previous && isFirst) previous.isLast = true;
    if (isNewDay) rows.push({kind: 'day', key: `day ${dayOf(time)} before ${message.id}`, time});
    if (isMissed) rows.push({kind: 'missed', key: `missed ${missed.seq}`, text: missed.text});
    previous = {kind: 'message', key: message.id, message, time, isOwn, isFirst, isLast: false};
    rows.push(previous);
  }
  if (previous) previous.isLast = true;
  return rows;
}

/** Whether the reader wrote it. What waits is always theirs. */
export function isFrom(message: ChatMessage, myId: string | null): boolean {
  return message.status !== 'sent' || (myId !== null && message.senderId === myId);
}

/** When it was said: the server's clock once stored, the sender's before. */
function timeOf(message: ChatMessage, now: number): number {
  const time = Date.parse((message.status === 'sent' ? message.createdAt : message.sentAt) ?? '');
  return Number.isNaN(time) ? now : time;
}

function dayOf(time: number): string {
  return new Date(time).toDateString();
}

export function isDeleted(message: ChatMessage): boolean {
  return message.status === 'sent' && message.deletedAt !== null;
}
