//! Images that stay after a run: listed by `doctor`, removed by `doctor --prune`.

use std::collections::HashMap;

use testcontainers::bollard::models::ImageSummary;
use testcontainers::bollard::query_parameters::{ListImagesOptionsBuilder, RemoveImageOptionsBuilder};

use super::base;
use super::engine::{Engine, bounded};
use super::images::ImageName;
use crate::EnvironmentError;

/// The label of every image of the lab.
pub(super) const LABEL: (&str, &str) = ("wblab.cache", "image");
/// How many images of one repository stay: a live run may use one that is not the newest.
const KEPT: usize = 4;

/// An image that stays after a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CachedImage {
    /// Repository and tag, or the id of one that has none.
    pub name: String,
    /// The engine's id, a digest.
    pub id: String,
    /// Its size with everything it stands on.
    pub bytes: u64,
}

impl From<&ImageSummary> for CachedImage {
    fn from(image: &ImageSummary) -> Self {
        let name = image
            .repo_tags
            .iter()
            .find(|tag| *tag != "<none>:<none>")
            .unwrap_or(&image.id)
            .clone();
        Self {
            name,
            id: image.id.clone(),
            bytes: u64::try_from(image.size).unwrap_or_default(),
        }
    }
}

async fn list(engine: &Engine, filter: (&str, String)) -> Result<Vec<ImageSummary>, EnvironmentError> {
    let filters = HashMap::from([(filter.0.to_owned(), vec![filter.1])]);
    let options = ListImagesOptionsBuilder::new().filters(&filters).build();
    bounded("list images", engine.docker().list_images(Some(options))).await
}

async fn labelled(engine: &Engine) -> Result<Vec<ImageSummary>, EnvironmentError> {
    let mut images = list(engine, ("label", format!("{}={}", LABEL.0, LABEL.1))).await?;
    images.sort_by_key(|image| std::cmp::Reverse(image.created));
    Ok(images)
}

/// All images of the lab, the newest first.
pub(super) async fn cached(engine: &Engine) -> Result<Vec<CachedImage>, EnvironmentError> {
    Ok(labelled(engine).await?.iter().map(CachedImage::from).collect())
}

/// Removes all images of the lab that no container uses, and names what was removed.
///
/// The newest go first. The base goes only when nothing stands on it any more: the engine would take its name away and
/// free nothing, and the next image would need it made again.
pub(super) async fn prune(engine: &Engine) -> Result<Vec<CachedImage>, EnvironmentError> {
    let base = base::name().full();
    let mut removed = Vec::new();
    let (bases, others): (Vec<_>, Vec<_>) = cached(engine).await?.into_iter().partition(|image| image.name == base);
    let stands = others.len();
    for image in others {
        if remove(engine, &image.name).await.is_ok() {
            removed.push(image);
        }
    }
    if removed.len() == stands {
        for image in bases {
            remove(engine, &image.name).await?;
            removed.push(image);
        }
    }
    Ok(removed)
}

/// Removes the older images of a repository. What is in use stays; nothing here is worth failing a run.
pub(super) async fn drop_old(engine: &Engine, repository: &str, keep: &ImageName) {
    let Ok(images) = list(engine, ("reference", repository.to_owned())).await else {
        return;
    };
    for name in old(images, &keep.full()) {
        if let Err(error) = remove(engine, &name).await {
            tracing::debug!(%error, image = name, "an old image stays");
        }
    }
}

/// Removes an image that was not made well.
pub(super) async fn forget(engine: &Engine, name: &ImageName) {
    if let Err(error) = remove(engine, &name.full()).await {
        tracing::warn!(%error, "a broken image stays");
    }
}

fn old(mut images: Vec<ImageSummary>, keep: &str) -> Vec<String> {
    images.sort_by_key(|image| std::cmp::Reverse(image.created));
    let names = images.iter().map(|image| CachedImage::from(image).name);
    names.filter(|name| name != keep).skip(KEPT - 1).collect()
}

async fn remove(engine: &Engine, name: &str) -> Result<(), EnvironmentError> {
    let options = RemoveImageOptionsBuilder::new().build();
    let call = engine.docker().remove_image(name, Some(options), None);
    bounded(format!("remove the image {name}"), call).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(tag: &str, created: i64) -> ImageSummary {
        ImageSummary {
            repo_tags: vec![tag.to_owned()],
            created,
            ..ImageSummary::default()
        }
    }

    #[test]
    fn the_newest_four_stay_and_the_one_in_hand_is_among_them() {
        let images = [("a", 1), ("b", 6), ("c", 5), ("d", 4), ("e", 3), ("f", 2)].map(|(tag, at)| image(tag, at));
        assert_eq!(old(images.to_vec(), "a"), ["e", "f"]);
        assert_eq!(old(images.to_vec(), "b"), ["f", "a"]);
    }

    #[test]
    fn an_image_without_a_tag_is_named_by_its_id() {
        let dangling = ImageSummary {
            id: "sha256:1".to_owned(),
            ..image("<none>:<none>", 1)
        };
        assert_eq!(CachedImage::from(&dangling).name, "sha256:1");
    }
}
