// `phoenix notify`: shows the notification channels and their state, and sends test messages.

import type { ChannelInUse } from '../../agent/deps.ts';
import { channelLine, channelTestLine } from '../../messages/terminal/channels.ts';
import { answerWith, colours, EXIT, type Io } from '../io.ts';
import { clientOf } from './client.ts';
import { requesterName } from './requester-name.ts';

export interface NotifyArgs {
  /** Channel to test; true: all. Absent: no test. */
  readonly test?: string | boolean;
  readonly json: boolean;
}

export interface ChannelTested {
  readonly channel: string;
  readonly sent: boolean;
  /** Null if it was sent. */
  readonly why: string | null;
}

/** Exits with 1 if a channel fails. */
export async function notify({ test, json }: NotifyArgs, io: Io): Promise<number> {
  const client = clientOf(io);
  const coloured = colours(io, 'stdout');
  if (test === undefined || test === false) {
    const channels = await client.get<ChannelInUse[]>('/notifications');
    const lines = channels.length === 0 ? [NO_CHANNEL] : channels.map((each) => channelLine(each, coloured));
    answerWith(io, json, channels, lines.join('\n'));
    return channels.every(({ failing }) => failing === null) ? EXIT.done : EXIT.no;
  }
  const body = { by: requesterName(), ...(test === true ? {} : { channel: test }) };
  const tested = await client.post<ChannelTested[]>('/notifications/test', body);
  const lines = tested.map((each) => channelTestLine(each, coloured));
  answerWith(io, json, tested, lines.join('\n'));
  return tested.every(({ sent }) => sent) ? EXIT.done : EXIT.no;
}

const NO_CHANNEL = 'there is no channel; set PHOENIX_NOTIFY_FILE for the agent';
