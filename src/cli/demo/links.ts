// Links of statuses, opened as a person at the forge would.

/** Of a commit, as the forge keeps it. */
interface Linked {
  readonly target_url: string | null;
}

/** Those that lead to no page, each with how it was answered. */
export async function unopened(statuses: readonly Linked[]): Promise<readonly string[]> {
  const links = new Set(statuses.map(({ target_url: link }) => link ?? ''));
  const answers = await Promise.all(
    [...links].map(async (link) => {
      const answer = link === '' ? 'a status without a link' : await answerOf(link);
      return answer === 200 ? [] : [`${link} ${answer}`.trim()];
    }),
  );
  return answers.flat();
}

/** The status of the page, or why there is none. */
async function answerOf(link: string): Promise<number | string> {
  try {
    return (await fetch(link)).status;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
