import { expect, it } from 'vitest';
import { actorInSentence } from './actor-words.ts';

it('what stands for a name begins small in a sentence, and a name stays as it is', () => {
  expect(actorInSentence('A Super User')).toBe('a Super User');
  expect(actorInSentence('Somebody')).toBe('somebody');
  for (const name of ['Ada@example.org', 'operator (root)', 'A Key'])
    expect(actorInSentence(name)).toBe(name);
});
