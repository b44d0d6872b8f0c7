// Typed access to checked parameters.
import type { GuestFile, Options } from './guest/file.ts';
import type { Parameters } from './parameters/check.ts';
import { refuse } from './refusal.ts';

/** The guest's id. */
export const guestId = (parameters: Parameters): number => Number(parameters['vmid']);

/** A scalar parameter. */
export function text(parameters: Parameters, name: string): string | undefined {
  const value = parameters[name];
  return typeof value === 'string' ? value : value?.join(',');
}

/** The parameters except some, as options of a guest. */
export function optionsFrom(parameters: Parameters, without: readonly string[]): Options {
  const names = Object.keys(parameters).filter((name) => !without.includes(name));
  return Object.fromEntries(names.map((name) => [name, text(parameters, name) ?? '']));
}

/** Refuses when the caller's digest is not that of the file. */
export function checkDigest(parameters: Parameters, file: GuestFile): void {
  const digest = text(parameters, 'digest');
  if (digest !== undefined && digest !== '' && digest !== file.digest)
    refuse('detected modified configuration - file changed by other user? Try again.');
}

/** Refuses invalid public keys. */
export function checkKeys(problem: string | undefined): void {
  if (problem !== undefined) refuse(problem);
}

/** Limits CPU weights to the kernel's range. */
export function clampWeight(options: Options): void {
  const weight = options['cpuunits'];
  if (weight !== undefined) options['cpuunits'] = String(Math.min(10_000, Math.max(1, Number(weight))));
}
