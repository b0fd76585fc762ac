//! How many runs are under way at once.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// One for each run that may be under way.
pub(super) struct Slots {
    free: Arc<Semaphore>,
    total: Mutex<usize>,
}

impl Slots {
    pub(super) fn new(total: NonZeroUsize) -> Slots {
        let total = total.get().min(Semaphore::MAX_PERMITS);
        Slots { free: Arc::new(Semaphore::new(total)), total: Mutex::new(total) }
    }

    /// A slot, if one is free and nobody waits for it.
    pub(super) fn try_take(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.free).try_acquire_owned().ok()
    }

    /// A slot, first come first served.
    pub(super) async fn take(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.free).acquire_owned().await.ok()
    }

    /// Changes how many there are. Where there are to be fewer, they go as they come free; what is under
    /// way is left alone.
    pub(super) fn change(&self, total: NonZeroUsize) {
        let total = total.get().min(Semaphore::MAX_PERMITS);
        let mut former = self.total.lock().unwrap_or_else(PoisonError::into_inner);
        let (fewer, more) = (former.saturating_sub(total), total.saturating_sub(*former));
        *former = total;
        self.free.add_permits(more);
        let taken = fewer - self.free.forget_permits(fewer);
        for _ in 0..taken {
            let free = Arc::clone(&self.free);
            tokio::spawn(async move {
                if let Ok(slot) = free.acquire_owned().await {
                    slot.forget();
                }
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(n: usize) -> NonZeroUsize {
        NonZeroUsize::new(n).expect("not zero")
    }

    #[tokio::test]
    async fn fewer_slots_come_into_force_as_those_taken_come_free() {
        let slots = Slots::new(number(3));
        let taken = (slots.try_take(), slots.try_take());
        slots.change(number(1));
        assert!(slots.try_take().is_none());
        tokio::task::yield_now().await;
        drop(taken);
        let _only = slots.take().await.expect("a slot");
        assert!(slots.try_take().is_none());
        slots.change(number(2));
        assert!(slots.try_take().is_some());
    }
}
