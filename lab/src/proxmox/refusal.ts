// Refusals of the lab's programs: thrown where a rule is broken, converted to an answer in call.ts.

/** A refusal with Proxmox's message; `parameters` has the errors of single options, where the program lists them. */
export class Refusal extends Error {
  readonly parameters: Readonly<Record<string, string>> | undefined;

  constructor(message: string, parameters?: Readonly<Record<string, string>>) {
    super(message);
    this.parameters = parameters;
  }
}

/** Refuses with a message. */
export function refuse(message: string): never {
  throw new Refusal(message);
}

/** Refuses with errors of single parameters, which the program lists above its usage line. */
export function refuseParameters(parameters: Readonly<Record<string, string>>): never {
  const lines = Object.entries(parameters).map(([name, problem]) => `${name}: ${problem}`);
  throw new Refusal(['400 Parameter verification failed.', ...lines].join('\n'), parameters);
}

/** Refuses values of more than one line, which no section of a configuration file may have (pve-common, PVE/SectionConfig.pm, check_value). */
export function refuseLineFeeds(given: Readonly<Record<string, string | readonly string[] | undefined>>): void {
  if (Object.values(given).some((value) => [value ?? ''].flat().some((line) => /[\n\r]/.test(line))))
    refuse('property contains a line feed');
}

/** Runs a step for an option and records its refusal; `skip` leaves the change pending. */
export function attempt(
  errors: Record<string, string>,
  name: string,
  describe: (problem: string) => string,
  step: () => unknown,
): boolean {
  try {
    return step() !== 'skip';
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    errors[name] = describe(error.message);
    return false;
  }
}
