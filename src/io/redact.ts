// Removes secrets from everything that is shown or stored. A value is registered here as soon as it is resolved.

import { HIDDEN } from '../model/secret-shapes.ts';
import { formsOf, NEEDLE, type SecretForm } from './secret-forms.ts';

export interface Redactor {
  /** From now on this value and each of its lines are removed, in every form of `formsOf`. Values under 4 characters are not treated as secrets. */
  add(secret: string): void;
  redact(text: string): string;
  /** Length of the longest text that is searched for, in characters: as much of a stream has to be held back. */
  longest(): number;
}

const MIN_SECRET_LENGTH = 4;

export function openRedactor(): Redactor {
  const values = new Set<string>();
  /** By a number for each needle, so that a single pass over a text finds the forms that it may contain. */
  const byNeedle = new Map<number, Set<SecretForm>>();
  const always = new Set<SecretForm>();
  let longest = 0;

  function candidates(text: string): ReadonlySet<SecretForm> {
    const found = new Set(always);
    let number = 0;
    for (let index = 0; index < text.length; index += 1) {
      number = next(number, text.charCodeAt(index));
      for (const form of byNeedle.get(number) ?? []) found.add(form);
    }
    return found;
  }

  return {
    add(secret) {
      const value = secret.trim();
      if (value.length < MIN_SECRET_LENGTH || values.has(value)) return;
      values.add(value);
      for (const form of formsOf(value)) {
        if (form.needles.length === 0) always.add(form);
        for (const needle of form.needles) {
          const number = numberAt(needle, NEEDLE - 1);
          byNeedle.set(number, (byNeedle.get(number) ?? new Set()).add(form));
        }
        longest = Math.max(longest, form.longest);
      }
    },
    redact(text) {
      const found: [from: number, to: number][] = [];
      for (const { pattern } of candidates(text)) {
        for (const match of text.matchAll(pattern)) found.push([match.index, match.index + match[0].length]);
      }
      return found.length === 0 ? text : cutSpans(text, found);
    },
    longest: () => longest,
  };
}

/** Four ASCII characters as one number; other characters may collide. */
function next(number: number, code: number): number {
  return (number << 8) | (code & 0xff);
}

function numberAt(text: string, end: number): number {
  return [...text.slice(0, end + 1)].reduce((number, character) => next(number, character.charCodeAt(0)), 0);
}

/** Overlapping spans are merged; adjacent ones are two secrets. */
function cutSpans(text: string, found: readonly (readonly [from: number, to: number])[]): string {
  let shown = '';
  let end = 0;
  let hiding = false;
  for (const [from, to] of found.toSorted((a, b) => a[0] - b[0] || b[1] - a[1])) {
    if (!hiding || from >= end) shown += text.slice(end, from) + HIDDEN;
    hiding = true;
    end = Math.max(end, to);
  }
  return shown + text.slice(end);
}
