//! Approximate cells.

use geo::{Area, BooleanOps, Contains, Point};
use kernel::UnitId;
use units::{
    cells::{Bounds, Site, cells, outline, polygon},
    reference::Reference,
    store::stored,
};

fn shipped(on: &str) -> (Vec<Site>, Vec<Bounds>) {
    let reference = Reference::read().unwrap();
    let day = on.parse().unwrap();
    let communes = reference.units.iter().filter(|u| stored(u).level == "commune");
    let sites = communes.clone().filter(|u| u.valid_on(day));
    let sites = sites.filter_map(|u| u.point.map(|(lat, lon)| Site { unit: u.id, lon, lat })).collect();
    (sites, communes.filter_map(|u| u.bounds).collect())
}

#[test]
fn every_unit_has_its_cell_and_cells_do_not_overlap() {
    for (on, count) in [("2025-12-31", 124), ("2025-06-30", 331)] {
        let (sites, ground) = shipped(on);
        assert!(sites.len() >= count - 2, "{} sites on {on}", sites.len());
        let rings = cells(&sites, &ground);
        let mut total = 0.0;
        for (site, ring) in sites.iter().zip(&rings) {
            let cell = polygon(ring);
            assert!(cell.contains(&Point::new(site.lon, site.lat)), "{} is not in its cell on {on}", site.unit);
            assert!(cell.unsigned_area() > 0.0);
            total += cell.unsigned_area();
        }
        // The union is as large as the cells together, so none overlap (but for rounding).
        let all = outline(&rings.iter().collect::<Vec<_>>());
        assert!((all.unsigned_area() - total).abs() < 0.001 * total, "{} of {total}", all.unsigned_area());
        // One ground without holes: lakes and gaps between known boxes are nobody's border.
        let holes: f64 = all
            .0
            .iter()
            .flat_map(|p| p.interiors())
            .map(|r| geo::Polygon::new(r.clone(), vec![]).unsigned_area())
            .sum();
        assert!(holes < 0.001 * total, "{holes} of {total}");
        let largest = all.0.iter().map(|p| p.unsigned_area()).fold(0.0, f64::max);
        assert!(largest > 0.95 * total, "{} pieces on {on}, the largest {largest} of {total}", all.0.len());
        // About the two provinces' ground: 13,795 km², a square degree here being some 11,400 km².
        let km2 = total * 111.2 * 111.2 * 22.5f64.to_radians().cos();
        assert!((11_000.0..17_500.0).contains(&km2), "{km2} km²");
        assert_eq!(rings, cells(&sites, &ground), "the same points, the same cells");
    }
}

#[test]
fn odd_points_do_no_harm() {
    let site = |unit, lon, lat| Site { unit: UnitId(unit), lon, lat };
    assert!(cells(&[], &[]).is_empty());
    let alone = cells(&[site(1, 105.0, 22.0)], &[]);
    assert_eq!(alone[0].len(), 4);
    // Two units at one point: the first has the cell, the other none.
    let same = cells(&[site(1, 105.0, 22.0), site(2, 105.0, 22.0), site(3, 105.1, 22.0)], &[]);
    assert!(same[0].len() > 2 && same[1].is_empty() && same[2].len() > 2);
    let (a, b) = (polygon(&same[0]), polygon(&same[2]));
    assert!(a.intersection(&b).unsigned_area() < 1e-6);
}
