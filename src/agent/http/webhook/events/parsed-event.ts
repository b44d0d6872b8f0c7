// What an event means to Phoenix, whoever sent it.

import type { Event } from '../../../../ports/deliveries.ts';

/** What an event means to Phoenix. `malformed` never comes from a forge: it is said with what is wrong. */
export type ParsedEvent =
  | { readonly kind: 'event'; readonly event: Event; readonly by: string }
  | { readonly kind: 'ignored'; readonly reason: string }
  | { readonly kind: 'malformed'; readonly reason: string };

export function ignored(reason: string): ParsedEvent {
  return { kind: 'ignored', reason };
}

/** @param by who caused it; cut to what is kept of a name */
export function means(event: Event, by: string | undefined): ParsedEvent {
  return { kind: 'event', event, by: (by || 'unknown').slice(0, 100) };
}

/** As much of a text as fits into an answer. */
export function quoteText(text: string): string {
  return JSON.stringify(text.slice(0, 100));
}
