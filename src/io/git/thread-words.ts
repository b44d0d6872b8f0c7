// What is said between the agent and the thread that does Git's work: plain data, one message for each question and each answer.

import { HeadNotFetched } from '../../ports/head-not-fetched.ts';
import { NotFound } from './errors.ts';
import type { Work, WorkOptions } from './work.ts';

/** Given to the thread when it starts. */
export interface ThreadOptions extends WorkOptions {
  /** The token is asked for when it is needed: it stands in no file and in no argument. */
  readonly hasToken: boolean;
  /** Trusted beside those that Node trusts, as PEM. */
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
  /** Of `HeadNotFetched`. */
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

/** The error as it was thrown, of the classes that somebody tells apart. */
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
