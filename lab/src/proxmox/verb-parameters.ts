// Small readings of checked parameters that most verbs need.
import type { GuestFile, Options } from './guest/file.ts';
import type { Parameters } from './parameters/check.ts';
import { refuse } from './refusal.ts';

/** The guest's number. */
export const guestId = (parameters: Parameters): number => Number(parameters['vmid']);

/** A parameter that is one text. */
export function text(parameters: Parameters, name: string): string | undefined {
  const value = parameters[name];
  return typeof value === 'string' ? value : value?.join(',');
}

/** The parameters that are left when some are taken away, as options of a guest. */
export function optionsFrom(parameters: Parameters, without: readonly string[]): Options {
  const names = Object.keys(parameters).filter((name) => !without.includes(name));
  return Object.fromEntries(names.map((name) => [name, text(parameters, name) ?? '']));
}

/** Refuses when the caller has seen another version of the file. */
export function checkDigest(parameters: Parameters, file: GuestFile): void {
  const digest = text(parameters, 'digest');
  if (digest !== undefined && digest !== '' && digest !== file.digest)
    refuse('detected modified configuration - file changed by other user? Try again.');
}

/** Refuses public keys with which something is wrong. */
export function checkKeys(problem: string | undefined): void {
  if (problem !== undefined) refuse(problem);
}

/** CPU weights as the kernel takes them. */
export function clampWeight(options: Options): void {
  const weight = options['cpuunits'];
  if (weight !== undefined) options['cpuunits'] = String(Math.min(10_000, Math.max(1, Number(weight))));
}
