// Runs Git's work in a separate thread: unpacking and walking history would block the agent.

import type { MessagePort } from 'node:worker_threads';
import { trustAuthorities } from '../../authorities.ts';
import { openWork } from '../work.ts';
import { answerOf, type FromThread, plain, type ThreadOptions, type ToThread } from './thread-words.ts';

/** Minimum size in bytes of a buffer that is transferred instead of copied between threads. */
const MIN_HANDED_OVER = 4_096;

export function run(port: MessagePort, { hasToken, authorities, compileCache: _, ...options }: ThreadOptions): void {
  trustAuthorities(authorities.map((pem) => ({ pem, line: 1 })));
  const say = (message: FromThread, handedOver: ArrayBuffer[] = []) => port.postMessage(message, handedOver);
  const tokens = new Map<number, PromiseWithResolvers<string>>();
  let asked = 0;
  const token = (): Promise<string> => {
    const answer = Promise.withResolvers<string>();
    asked += 1;
    tokens.set(asked, answer);
    say({ kind: 'token', id: asked });
    return answer.promise;
  };
  const log =
    (level: 'info' | 'warn' | 'error') =>
    (text: string, fields: Record<string, unknown> = {}) => {
      const told = Object.entries(fields).map(([name, value]) => [
        name,
        value instanceof Error ? plain(value).message : value,
      ]);
      say({ kind: 'log', level, text, fields: Object.fromEntries(told) });
    };
  const work = openWork({
    ...options,
    ...(hasToken ? { token } : {}),
    log: { info: log('info'), warn: log('warn'), error: log('error') },
  });

  port.on('message', async (message: ToThread) => {
    if (message.kind === 'token') {
      const waiting = tokens.get(message.id);
      tokens.delete(message.id);
      const { answer } = message;
      if ('value' in answer) waiting?.resolve(String(answer.value));
      else waiting?.reject(new Error(answer.error.message));
      return;
    }
    const { id, operation, args } = message;
    const ask = work[operation] as (...given: readonly unknown[]) => Promise<unknown>;
    const answer = await answerOf(() => ask(...args));
    say({ kind: 'done', id, answer }, 'value' in answer ? buffersOf(answer.value) : []);
  });
}

/** Buffers of contents that were created for the response. */
function buffersOf(value: unknown): ArrayBuffer[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((each: { readonly bytes?: Uint8Array<ArrayBuffer> }) => {
    const bytes = each?.bytes;
    return bytes !== undefined && bytes.byteLength === bytes.buffer.byteLength && bytes.byteLength >= MIN_HANDED_OVER
      ? [bytes.buffer]
      : [];
  });
}
