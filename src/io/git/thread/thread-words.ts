// Messages between the agent and the Git thread: plain data, one message for each request and each response.

import { HeadNotFetched } from '../../../ports/head-not-fetched.ts';
import { NotFound } from '../errors.ts';
import type { Work, WorkOptions } from '../work.ts';

/** Passed to the thread at its start. */
export interface ThreadOptions extends WorkOptions {
  /** Whether there is a token, which the thread requests when it is needed: it is in no file and no argument. */
  readonly hasToken: boolean;
  /** Authorities trusted beside Node's defaults, as PEM. */
  readonly authorities: readonly string[];
  /** Folder of the cache of compiled code; null where there is none. */
  readonly compileCache: string | null;
}

export type Operation = keyof Work;

export type ToThread =
  | { readonly kind: 'work'; readonly id: number; readonly operation: Operation; readonly args: readonly unknown[] }
  | { readonly kind: 'token'; readonly id: number; readonly answer: Answer };

export type FromThread =
  | { readonly kind: 'done'; readonly id: number; readonly answer: Answer }
  | { readonly kind: 'token'; readonly id: number }
  | {
      readonly kind: 'log';
      readonly level: 'info' | 'warn' | 'error';
      readonly text: string;
      readonly fields: Record<string, unknown>;
    };

export type Answer = { readonly value: unknown } | { readonly error: PlainError };

interface PlainError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  /** Field of `HeadNotFetched`. */
  readonly head?: HeadNotFetched['head'];
}

export async function answerOf(work: () => Promise<unknown>): Promise<Answer> {
  try {
    return { value: await work() };
  } catch (error) {
    return { error: plain(error) };
  }
}

export function settledAs(answer: Answer): unknown {
  if ('value' in answer) return answer.value;
  throw again(answer.error);
}

export function plain(error: unknown): PlainError {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error), stack: undefined };
  const { name, message, stack } = error;
  return { name, message, stack, ...(error instanceof HeadNotFetched ? { head: error.head } : {}) };
}

/** The original error, restored as one of the classes that callers distinguish. */
function again({ name, message, stack, head }: PlainError): Error {
  const error =
    name === 'NotFound'
      ? new NotFound(message)
      : head !== undefined
        ? new HeadNotFetched(message, head)
        : new Error(message);
  if (stack !== undefined) error.stack = stack;
  return error;
}
