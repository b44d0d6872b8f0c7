// Checks that inputs of the shipped features are declared: reported here, before a script in the guest fails for it.

import type { Diagnostic } from '../../../config/diagnostic.ts';
import { placeIn } from '../../../config/read/place.ts';
import type { Config, Guest } from '../../config.ts';
import { LXC_FILE } from '../../places.ts';
import type { RuleContext } from '../../rule.ts';
import { nameOfGuest, targetOf } from '../guests.ts';

/** What is missing and what to write; null when a feature has all its inputs. */
type Missing = { readonly what: string; readonly hint: string; readonly field?: string } | null;

const NEEDS: Readonly<Record<string, (guest: Guest, config: Config) => Missing>> = {
  step_ca: (_, { hypervisor }) =>
    hypervisor.stepCa !== null
      ? null
      : { what: 'what the authority is called', hint: 'Write step_ca of the hypervisor.' },
  nvidia: (guest, { hypervisor }) => {
    const own = guest.kind === 'lxc' ? guest.nvidia : null;
    const version = own?.driverVersion ?? hypervisor.nvidia?.version;
    const installer = own?.runfileUrl ?? hypervisor.nvidia?.runfileUrl;
    if (version == null || installer == null)
      return {
        what: 'the version of the driver and its installer',
        hint: 'Write nvidia_driver_version and nvidia_runfile_url, here or for the whole file: those of the host.',
      };
    return guest.kind === 'lxc' && guest.gpus.length === 0
      ? { what: 'a GPU', hint: 'Write gpu_assignment, such as "0".', field: 'gpu_assignment' }
      : null;
  },
  vllm: (guest) => {
    const engine = guest.kind === 'lxc' ? guest.vllm : null;
    if (engine === null || Object.values(engine).some((group) => modelOf(group) !== null)) return null;
    return {
      what: 'a model',
      hint: 'Write "model" in one of its groups, such as "ModelConfig".',
      field: 'vllm_engine_config',
    };
  },
};

function modelOf(group: unknown): unknown {
  return (group as { model?: unknown } | null)?.model ?? null;
}

/** INVALID_VALUE: a feature lacks an input that the configuration should give. */
export function featuresHaveTheirInputs({ config, unreadable }: RuleContext): Diagnostic[] {
  if (unreadable.host('step_ca', 'nvidia_driver') || unreadable.file(LXC_FILE)) return [];
  return [...config.lxc, ...config.vm].flatMap((guest) =>
    guest.features.flatMap(({ name, blob }, index): Diagnostic[] => {
      const missing = blob === null ? (NEEDS[name]?.(guest, config) ?? null) : null;
      if (missing === null) return [];
      return [
        {
          code: 'INVALID_VALUE',
          at: placeIn(guest.writtenAt, ...(missing.field === undefined ? ['features', index] : [missing.field])),
          message: `feature "${name}" of ${nameOfGuest(guest)} lacks ${missing.what}`,
          hint: missing.hint,
          target: targetOf(guest),
        },
      ];
    }),
  );
}
