//! Histories written to real run folders, and what the judge says of them.

#[cfg(test)]
mod accounting;
#[cfg(test)]
mod durable;
#[cfg(test)]
mod effects;
#[cfg(test)]
mod grounds;
#[cfg(test)]
mod mutations;
#[cfg(test)]
mod numbers;
#[cfg(test)]
mod oracle;
#[cfg(test)]
mod personas;
#[cfg(test)]
mod propagation;
#[cfg(test)]
mod replicas;
#[cfg(test)]
mod unknown;
#[cfg(test)]
mod world;
