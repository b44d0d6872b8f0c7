// A fault that Phoenix must survive, tried with inputs that follow from a seed. `npm run torture` tries each many times and counts
// the wrong ends; `npm run test:long` tries each a few times.

import fc from 'fast-check';

export interface Scenario<Input = unknown> {
  /** As it is called on the command line. */
  readonly name: string;
  /** The fault in one sentence, and what must hold after it. */
  readonly about: string;
  /** Tries of a long run, and of one in `npm run test:long`. */
  readonly tries: { readonly long: number; readonly short: number };
  /** Why it cannot be tried on this machine; null when it can. */
  readonly missing?: string | null;
  readonly input: fc.Arbitrary<Input>;
  /** Inputs of a long run, where they are others. */
  readonly longInput?: fc.Arbitrary<Input>;
  /** Runs one try, which sets up and removes everything. Throws with the expectation if the end is wrong. */
  attempt(input: Input): Promise<void>;
}

export interface WrongEnd {
  readonly input: unknown;
  readonly error: unknown;
}

/** The inputs of a scenario's tries: the same for the same seed. */
export function inputsOf({ input }: Scenario, tries: number, seed: number): unknown[] {
  return fc.sample(input, { numRuns: tries, seed });
}

/** Types a scenario by its own input, for the list of all. */
export function scenario<Input>(of: Scenario<Input>): Scenario {
  return { ...of, input: of.input, attempt: (input) => of.attempt(input as Input) };
}
