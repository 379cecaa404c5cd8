import { IconEyeOff } from '@tabler/icons-react';
import { StatePanel } from '../../kit/states.tsx';
import { CONFIGURATION_ONLY } from './words.tsx';

/** In place of intelligence, for those who see the configuration of a collection and nothing else of it. */
export function NotReadable() {
  return (
    <StatePanel icon={IconEyeOff} title="You may not read this intelligence">
      {CONFIGURATION_ONLY}
    </StatePanel>
  );
}
