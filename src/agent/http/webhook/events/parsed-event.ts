// What a webhook's event means to Phoenix, independent of the forge: the result of the parsers of events in this folder.

import type { Event } from '../../../../ports/deliveries.ts';

/** The meaning of an event. `malformed` never comes from a real forge; the sender gets the reason. */
export type ParsedEvent =
  | { readonly kind: 'event'; readonly event: Event; readonly by: string }
  | { readonly kind: 'ignored'; readonly reason: string }
  | { readonly kind: 'malformed'; readonly reason: string };

export function ignored(reason: string): ParsedEvent {
  return { kind: 'ignored', reason };
}

/** @param by who caused it; truncated to the stored length of a name */
export function parsed(event: Event, by: string | undefined): ParsedEvent {
  return { kind: 'event', event, by: (by || 'unknown').slice(0, 100) };
}

/** The text, truncated to fit into an answer. */
export function quoteText(text: string): string {
  return JSON.stringify(text.slice(0, 100));
}
