// Channels as people read of them in a terminal. Pure.

import { printable } from '../printable.ts';
import { paint } from './paint.ts';

interface ToldChannel {
  readonly name: string;
  readonly service: string;
  readonly events: readonly string[];
  readonly waiting: number;
  readonly failing: { readonly since: string; readonly why: string } | null;
}

/** `ops (slack): failure, approval`. */
export function channelLine({ name, service, events, waiting, failing }: ToldChannel, colours: boolean): string {
  const told = `${name} (${service}): ${events.join(', ')}`;
  const held = waiting === 0 ? '' : `; ${waiting} waiting`;
  if (failing === null) return printable(`${told}${held}`);
  return `${paint('failing', 'red', colours)} ${printable(`${told}${held}; since ${failing.since}: ${failing.why}`)}`;
}

export function channelTestLine(
  { channel, sent, why }: { readonly channel: string; readonly sent: boolean; readonly why: string | null },
  colours: boolean,
): string {
  const told = paint(sent ? 'sent' : 'not sent', sent ? 'green' : 'red', colours);
  return `${printable(channel)}: ${told}${why === null ? '' : `: ${printable(why)}`}`;
}
